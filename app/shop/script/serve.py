"""What `streamlit run` serves: Streamlit's own application over `main.py`, which gives each browser a cookie.

But not a screen in the shop: whoever stands before it next is somebody else.
"""

import streamlit as st
from starlette.middleware import Middleware

from app.shop.cookie import VisitCookie, cookie_name
from app.shop.settings import ShopSettings

settings = ShopSettings()
cookies = [] if settings.kiosk else [Middleware(VisitCookie, name=cookie_name(settings.port))]
app = st.App("main.py", middleware=cookies)
