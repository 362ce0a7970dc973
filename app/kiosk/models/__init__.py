"""The API's requests and answers as pydantic models: bounds, and what OpenAPI shows. Unknown fields are refused."""
