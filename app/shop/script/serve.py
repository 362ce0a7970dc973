"""What `streamlit run` serves: Streamlit's own application over `main.py`, and around it our look and script in its
document, toys' pictures at addresses of their own, and a cookie for each browser.

But not a screen in the shop: whoever stands before it next is somebody else.
"""

import streamlit as st
from starlette.middleware import Middleware

from app.shop.cookie import VisitCookie, cookie_name
from app.shop.document import OwnParts, own_routes
from app.shop.pictures import picture_route
from app.shop.settings import ShopSettings

settings = ShopSettings()
cookies = [] if settings.kiosk else [Middleware(VisitCookie, name=cookie_name(settings.port))]
parts = Middleware(OwnParts, scheme=settings.theme)
app = st.App("main.py", routes=[picture_route(), *own_routes(settings.theme)], middleware=[*cookies, parts])
