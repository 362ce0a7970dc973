"""Pages for the analyst: self-contained HTML, figures drawn as SVG, nothing fetched from anywhere."""
