"""The shop: Streamlit pages over the kiosk's API. It talks HTTP and nothing else; what it knows ends with the visit."""
