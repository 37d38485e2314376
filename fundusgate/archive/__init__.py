"""Every capture and its verdict, durable: photographs as they came, one record each, and an index made from them."""
