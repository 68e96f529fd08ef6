lamps = [{"name": "Desk"}]
