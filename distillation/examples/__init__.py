"""Two further uses of the distiller, small and whole: images (`digits`) and texts (`titles`). One command each."""
