# {"entrypoint": "program"}
print(__file__)
