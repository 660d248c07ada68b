# {"env": {"MINE": "x"}}
import os

os.system('echo $MINE $HOME; env | cut -d= -f1')
