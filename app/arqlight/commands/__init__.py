"""The commands, one module for each thing a person comes for; `arqlight.cli` puts them together."""
