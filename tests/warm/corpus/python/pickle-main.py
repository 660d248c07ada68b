import pickle


class Point:
    def __init__(self, x):
        self.x = x


print(pickle.dumps(Point(3), 0), pickle.loads(pickle.dumps(Point(3))).x)
