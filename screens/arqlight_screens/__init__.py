"""The control room: Textual screens and widgets that draw the views of arqlight_core.observe."""
