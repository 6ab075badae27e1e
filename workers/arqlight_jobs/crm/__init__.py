"""The WhatsApp CRM: messages, campaigns, flows, mail, webhooks, language models, imports, exports, figures.

One module for each queue; `tables` holds what they write down, `records` opens it.
"""
