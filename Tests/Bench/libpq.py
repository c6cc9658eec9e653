"""Just enough of libpq for benchmarks and tests: prepared statements with values as texts."""
import ctypes
import ctypes.util

_pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
for _name in ("PQconnectdb", "PQexec", "PQprepare", "PQexecPrepared"):
    getattr(_pq, _name).restype = ctypes.c_void_p
for _name in ("PQerrorMessage", "PQresultErrorMessage", "PQgetvalue"):
    getattr(_pq, _name).restype = ctypes.c_char_p
_OK = (0, 1, 2)  # PGRES_EMPTY_QUERY, PGRES_COMMAND_OK, PGRES_TUPLES_OK


class Connection:
    def __init__(self, parameters):
        self._handle = ctypes.c_void_p(_pq.PQconnectdb(parameters.encode()))
        if _pq.PQstatus(self._handle) != 0:
            message = _pq.PQerrorMessage(self._handle).decode()
            self.close()
            raise OSError(message)

    def run(self, statements):
        """Returns the rows of the last statement as lists of texts."""
        return self._rows(_pq.PQexec(self._handle, statements.encode()))

    def prepare(self, name, statement):
        self._rows(_pq.PQprepare(self._handle, name.encode(), statement.encode(), 0, None))

    def execute(self, name, values):
        """Takes the values as `Values`."""
        result = ctypes.c_void_p(
            _pq.PQexecPrepared(self._handle, name.encode(), values.count, values.texts, None, None, 0))
        try:
            if _pq.PQresultStatus(result) not in _OK:
                raise OSError(_pq.PQresultErrorMessage(result).decode())
        finally:
            _pq.PQclear(result)

    def close(self):
        _pq.PQfinish(self._handle)

    def _rows(self, result):
        result = ctypes.c_void_p(result)
        try:
            if _pq.PQresultStatus(result) not in _OK:
                raise OSError(_pq.PQresultErrorMessage(result).decode())
            return [[_pq.PQgetvalue(result, row, column).decode() for column in range(_pq.PQnfields(result))]
                    for row in range(_pq.PQntuples(result))]
        finally:
            _pq.PQclear(result)


class Values:
    """Texts, as arrays are texts, in the form that C wants, so that it is made once."""

    def __init__(self, texts):
        self.count = len(texts)
        self.texts = (ctypes.c_char_p * self.count)(*[text.encode() for text in texts])


def array(elements):
    """Takes texts without quotes and backslashes; None is a null."""
    return "{" + ",".join("NULL" if element is None else f'"{element}"' for element in elements) + "}"
