import unittest


class Tests(unittest.TestCase):
    def test_that_passes(self):
        self.assertEqual(1 + 1, 2)

    def test_that_fails(self):
        self.assertIn('x', [])


result = unittest.main(exit=False, verbosity=0, argv=['main'], testRunner=unittest.TextTestRunner(stream=open('/dev/null', 'w'))).result
print(result.testsRun, len(result.failures))
