# {"files": {"other.py": "print(__name__, __file__, sorted(globals()))"}}
import runpy

runpy.run_path('other.py')
