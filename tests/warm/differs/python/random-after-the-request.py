# {"varies": true}
import random
import secrets
import uuid

print(random.random(), secrets.token_hex(), uuid.uuid4())
