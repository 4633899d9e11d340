"""The invented dealer group: people, their cars, six centres' files over several nights, and the truth about them."""
