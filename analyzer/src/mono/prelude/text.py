"""Methods of strings."""
from numba import njit

WHITE = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


@njit
def first_place(start, n):
    if start is None:
        return 0
    else:
        at = start
        if at < 0:
            at = max(at + n, 0)
        return at


@njit
def last_place(end, n):
    if end is None:
        return n
    else:
        at = end
        if at < 0:
            at = max(at + n, 0)
        return min(at, n)


@njit
def str_find(s, substr, start, end):
    m = len(substr)
    for at in range(first_place(start, len(s)), last_place(end, len(s)) - m + 1):
        if s[at:at + m] == substr:
            return at
    return -1


@njit
def str_rfind(s, substr, start, end):
    m = len(substr)
    for at in range(last_place(end, len(s)) - m, first_place(start, len(s)) - 1, -1):
        if s[at:at + m] == substr:
            return at
    return -1


@njit
def str_index(s, sub, start, end):
    at = str_find(s, sub, start, end)
    if at < 0:
        raise ValueError("substring not found")
    return at


@njit
def str_rindex(s, sub, start, end):
    at = str_rfind(s, sub, start, end)
    if at < 0:
        raise ValueError("substring not found")
    return at


@njit
def str_startswith(s, prefix, start, end):
    lo = first_place(start, len(s))
    return lo + len(prefix) <= last_place(end, len(s)) and s[lo:lo + len(prefix)] == prefix


@njit
def str_endswith(s, substr, start, end):
    hi = last_place(end, len(s))
    lo = hi - len(substr)
    return lo >= first_place(start, len(s)) and s[lo:hi] == substr


@njit
def str_count(s, sub, start, end):
    m = len(sub)
    lo = first_place(start, len(s))
    hi = last_place(end, len(s))
    if m == 0:
        return max(hi - lo + 1, 0)
    count = 0
    while lo + m <= hi:
        if s[lo:lo + m] == sub:
            count += 1
            lo += m
        else:
            lo += 1
    return count


@njit
def str_replace(s, old_str, new_str, count):
    m = len(old_str)
    left = count
    if left < 0:
        left = len(s) + 1
    out = ""
    at = 0
    if m == 0:
        while at < len(s):
            if left > 0:
                out += new_str
                left -= 1
            out += s[at]
            at += 1
        if left > 0:
            out += new_str
        return out
    begin = 0
    while at + m <= len(s):
        if left > 0 and s[at:at + m] == old_str:
            out += s[begin:at] + new_str
            at += m
            begin = at
            left -= 1
        else:
            at += 1
    return out + s[begin:]


@njit
def str_split(s, sep, maxsplit):
    out = []
    count = 0
    begin = 0
    if sep is None:
        # Past the last split that is allowed nothing is kept, and none is allowed as many as there are.
        inside = False
        for at in range(len(s)):
            if s[at] in WHITE:
                if inside:
                    out.append(s[begin:at])
                    inside = False
                    count += 1
                    if count == maxsplit:
                        break
            elif not inside:
                begin = at
                inside = True
        if inside:
            out.append(s[begin:])
    else:
        m = len(sep)
        if m == 0:
            raise ValueError("empty separator")
        at = 0
        while at + m <= len(s) and (maxsplit == -1 or count < maxsplit):
            if s[at:at + m] == sep:
                out.append(s[begin:at])
                at += m
                begin = at
                count += 1
            else:
                at += 1
        out.append(s[begin:])
    return out


@njit
def str_join(s, iterable):
    out = ""
    first = True
    for part in iterable:
        if first:
            first = False
            out = part
        else:
            out = out + s + part
    return out


@njit
def holds(chars, c):
    if chars is None:
        return c in WHITE
    else:
        return c in chars


@njit
def str_lstrip(s, chars):
    at = 0
    while at < len(s) and holds(chars, s[at]):
        at += 1
    return s[at:]


@njit
def str_rstrip(s, chars):
    at = len(s)
    while at > 0 and holds(chars, s[at - 1]):
        at -= 1
    return s[:at]


@njit
def str_strip(s, chars):
    return str_rstrip(str_lstrip(s, chars), chars)


@njit
def padding(n, fillchar):
    out = ""
    for i in range(n):
        out += fillchar
    return out


@njit
def check_fill(fillchar):
    if len(fillchar) != 1:
        raise ValueError("The fill character must be exactly one character long")


@njit
def str_ljust(s, width, fillchar):
    check_fill(fillchar)
    return s + padding(width - len(s), fillchar)


@njit
def str_rjust(s, width, fillchar):
    check_fill(fillchar)
    return padding(width - len(s), fillchar) + s


@njit
def str_center(s, width, fillchar):
    check_fill(fillchar)
    n = width - len(s)
    if n <= 0:
        return s
    left = n // 2 + (n & width & 1)
    return padding(left, fillchar) + s + padding(n - left, fillchar)


@njit
def str_zfill(s, width):
    n = width - len(s)
    if n <= 0:
        return s
    if len(s) > 0 and (s[0] == "+" or s[0] == "-"):
        return s[0] + padding(n, "0") + s[1:]
    return padding(n, "0") + s


@njit
def str_partition(s, sep):
    if len(sep) == 0:
        raise ValueError("empty separator")
    at = str_find(s, sep, None, None)
    if at < 0:
        return s, "", ""
    return s[:at], s[at:at + len(sep)], s[at + len(sep):]


@njit
def str_rpartition(s, sep):
    if len(sep) == 0:
        raise ValueError("empty separator")
    at = str_rfind(s, sep, None, None)
    if at < 0:
        return "", "", s
    return s[:at], s[at:at + len(sep)], s[at + len(sep):]
