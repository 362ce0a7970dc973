"""What Streamlit runs for every visit and every tap. It lives alone: Streamlit puts this folder on the import path."""

from app.shop.site import run

run()
