"""The peers: other projects' recommenders, learned and asked in environments of their own, judged by ours."""
