"""What `streamlit run` serves: Streamlit's own application over `main.py`, which gives each browser a cookie."""

import streamlit as st
from starlette.middleware import Middleware

from app.shop.cookie import VisitCookie, cookie_name
from app.shop.settings import ShopSettings

app = st.App("main.py", middleware=[Middleware(VisitCookie, name=cookie_name(ShopSettings().port))])
