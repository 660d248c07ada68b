import logging

logging.warning('to stderr')
logging.basicConfig(level=logging.INFO, format='%(levelname)s %(filename)s:%(lineno)d %(message)s')
logging.getLogger(__name__).info('formatted')
