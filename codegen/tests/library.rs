//! Functions of the prelude: each kernel says whether all its results are Numba's.

mod common;

use codegen::{CompileOptions, Value, live_objects};

fn assert_holds(claims: &str) {
    assert_holds_after("", claims);
}

/// The same with statements of the module before the kernel.
fn assert_holds_after(module: &str, claims: &str) {
    let claims: Vec<String> = claims
        .trim()
        .lines()
        .enumerate()
        .map(|(at, claim)| match claim.trim().strip_prefix('!') {
            Some(statement) => format!("    {statement}\n"),
            None => format!("    if not ({}):\n        return {}\n", claim.trim(), at + 1),
        })
        .collect();
    let text = format!(
        "import numpy as np\nfrom numba import njit\n{module}\n@njit\ndef f():\n{}    return 0\n",
        claims.concat()
    );
    let kernel = common::compiled(&text, &[], &CompileOptions::default());
    let before = live_objects();
    let failed = kernel.call(&mut []);
    assert!(matches!(failed, Ok(Value::Int(_, 0))), "the claim on line {failed:?}");
    assert_eq!(live_objects(), before);
}

#[test]
fn strings_are_searched_between_two_places() {
    assert_holds(
        "
        'abcabc'.find('b', 2) == 4 and 'abcabc'.find('b', -3, -1) == 4 and 'abcabc'.find('', 9) == -1
        'abcabc'.rfind('a', 0, 3) == 0 and 'abcabc'.rfind('') == 6 and 'abcabc'.find('') == 0
        'abcabc'.startswith('bc', 1) and not 'abcabc'.startswith('', 7)
        'abcabc'.endswith('bc', 0, -3) and 'abcabc'.endswith('c', 1)
        'abcabc'.count('b', 2) == 1 and 'abc'.count('') == 4 and 'abcabc'.index('c') == 2
        'abcabc'.partition('c') == ('ab', 'c', 'abc') and 'abc'.partition('z') == ('abc', '', '')
        'abcabc'.rpartition('b') == ('abca', 'b', 'c') and 'abc'.rpartition('z') == ('', '', 'abc')
        ",
    );
}

#[test]
fn strings_are_cut_and_joined() {
    assert_holds(
        "
        !s = '  a b,  c\\td 4'
        s.split(',') == ['  a b', '  c\\td 4'] and s.split() == ['a', 'b,', 'c', 'd', '4']
        s.split(' ', 2) == ['', '', 'a b,  c\\td 4'] and s.split(' ', -3) == [s]
        s.split(None, 2) == ['a', 'b,'] and len(s.split(None, 0)) == 5
        s.strip() == 'a b,  c\\td 4' and s.lstrip() == s[2:] and s.rstrip('4 ') == '  a b,  c\\td'
        '-'.join(s.split()) == 'a-b,-c-d-4' and '-'.join(['x']) == 'x'
        'abab'.replace('a', 'c') == 'cbcb' and 'abab'.replace('a', 'c', 0) == 'abab'
        'abab'.replace('', 'c', 2) == 'cacbab' and 'aaa'.replace('aa', 'b') == 'ba'
        ",
    );
}

#[test]
fn strings_are_padded_and_change_their_case() {
    assert_holds(
        "
        '-12'.zfill(4) == '-012' and 'abc'.ljust(5, '*') == 'abc**' and 'abc'.rjust(5) == '  abc'
        'abc'.center(8) == '  abc   ' and 'abc'.center(9, '.') == '...abc...'
        'Hello, W\u{f6}rld'.upper() == 'HELLO, W\u{d6}RLD' and 'HeLLo'.lower() == 'hello'
        len('xy' * 3) == 6 and ('xy' * 2)[1] == 'y' and ('x' * 2) + 'y' == 'xxy'
        ",
    );
}

#[test]
fn arrays_of_several_types_and_layouts_are_joined() {
    assert_holds(
        "
        !a, b, c = np.arange(3) * 0.5, np.arange(6), np.array([1, 2], dtype=np.int32)
        np.concatenate((a, b[::2], c)).sum() == 1.5 + 6.0 + 3.0
        np.append(c, 2.5)[2] == 2.5 and np.hstack((b, a)).shape == (9,)
        np.vstack((a, b[:3])).sum() == 4.5 and np.column_stack((b[::2], a)).shape == (3, 2)
        !m = np.ones((4, 4))[::2, 1:]
        np.expand_dims(b[::2], 0).shape == (1, 3) and np.expand_dims(m, 1).shape == (2, 1, 3)
        !parts = np.array_split(m, 3)
        len(parts) == 3 and parts[1].shape == (1, 3) and parts[2].size == 0
        ",
    );
}

#[test]
fn integers_of_both_signs_are_computed_as_signed_ones() {
    assert_holds(
        "
        !p = np.array([5, -2]).astype(np.uint64)
        (p - -2147483648)[1] == 2147483646.0 and (p + 5)[1] == 3.0 and (p + 5)[0] == 10.0
        ",
    );
}

#[test]
fn an_operation_on_arrays_without_dimensions_gives_a_number() {
    assert_holds(
        "
        !a, b = np.array(5), np.array(0)
        a + b == 5 and a // b == 0 and a % b == 0 and -a == -5 and a > b and not a == 4
        a / np.array(2) == 2.5 and np.add(a, 2) == 7 and np.sqrt(np.array(4.0)) == 2.0
        !a += 1
        a[()] == 6 and np.arange(9).reshape((3, 3))[np.array(2), 1] == 7
        np.where(a > 3, 1, 2.5)[()] == 1.0 and np.where(False, 1, np.array(2.5))[()] == 2.5
        ",
    );
}

#[test]
fn an_output_array_is_filled_element_by_element() {
    assert_holds(
        "
        !x = np.arange(5.0)
        !y = np.add(x[1:], x[:-1], x[1:])
        x[4] == 10.0 and y[3] == 10.0
        !z = np.zeros((2, 2), dtype=np.float32)
        np.sqrt(np.array([4.0, 9.0]), z)[1, 1] == 3.0 and z[0, 0] == 2.0
        np.multiply(3.0, 2.0, np.zeros(2))[1] == 6.0
        !big = np.full(2, 2 ** 62)
        np.add(big, big, np.zeros(2))[0] < 0.0
        ",
    );
}

#[test]
fn a_repeated_string_is_a_string() {
    assert_holds(
        "
        !n = len('xy')
        !u = 'ab' * n
        u == 'abab' and 'abab' == u and u == 'ab' * n and u + 'y' == 'ababy' and u < 'b'
        not (u == 'aba') and u[0] == 'a' and len(u + u) == 8
        ",
    );
}

#[test]
fn a_dictionary_gives_a_default_for_a_key_that_it_has_not() {
    assert_holds(
        "
        !d = {(1, 0): 1.0}
        d.pop((0, 1), 1.5) == 1.5 and d.pop((1, 0), 2) == 1.0 and d.pop((1, 0), 2) == 2.0 and len(d) == 0
        d.pop((1, 0), None) is None
        !e = {1: np.ones(3)}
        e.pop(2, np.zeros(2)).size == 2 and e.get(2, np.zeros(4)).size == 4 and e.get(1, np.zeros(4)).size == 3
        e.pop(1, np.zeros(2)).size == 3 and len(e) == 0
        !n = {1: np.float32(0.5)}
        n.get(2, 0.1) == 0.1 and n.pop(2, 0.1) == 0.1 and n.get(1, 0.1) == 0.5 and n.pop(1, 7) == 0.5
        ",
    );
}

#[test]
fn a_list_of_what_can_be_walked_keeps_nothing_of_it() {
    assert_holds(
        "
        list('abc') == ['a', 'b', 'c'] and list((1, 2)) == [1, 2] and list(range(3)) == [0, 1, 2]
        len(list(np.arange(4))) == 4 and list(np.ones((2, 3)))[1].size == 3
        list(zip('ab', np.arange(2)))[1] == ('b', 1) and list(enumerate(['x', 'y']))[1] == (1, 'y')
        sorted(list({'a': 1, 'b': 2}.keys())) == ['a', 'b'] and sorted(list({'x', 'y'})) == ['x', 'y']
        list(iter(['p', 'q'])) == ['p', 'q']
        ",
    );
}

#[test]
fn a_slice_of_a_list_is_replaced_and_removed() {
    assert_holds(
        "
        !l = [-6, -4]
        !l[1:] = l[:1]
        l == [-6, -6]
        !m = [1, 2, 3, 4, 5]
        !m[1:3] = [7, 8, 9, 10]
        m == [1, 7, 8, 9, 10, 4, 5]
        !m[5:2] = [0]
        m == [1, 7, 8, 9, 10, 0, 4, 5]
        !m[::2] = [-1, -2, -3, -4]
        m == [-1, 7, -2, 9, -3, 0, -4, 5]
        !m[2:] = m
        m == [-1, 7, -1, 7, -1, 7, -1, 7, -1, 7]
        !m[:1] = m
        len(m) == 19 and m[9:12] == [7, 7, -1]
        !n = [k * k for k in range(7)]
        !del n[1:-2]
        n == [0, 25, 36]
        !w = ['a', 'b', 'c']
        !w[:1] = ['x' + 'y', 'z']
        !w[1::2] = w[::2]
        w == ['xy', 'xy', 'b', 'b']
        !v = [c + 'x' for c in 'abcd']
        !del v[1:3]
        v == ['ax', 'dx']
        ",
    );
}

#[test]
fn sets_are_compared_by_what_they_hold() {
    assert_holds(
        "
        {1, 2} == {2, 1} and {1, 2} == {2, 2, 1} and not {1, 2} == {1, 3} and not {1, 2} == {1, 2, 3}
        {1, 2} <= {2, 1} and {1, 2} <= {3, 2, 1} and not {3, 4} <= {2, 1} and not {1, 2, 3} <= {1, 2}
        {1, 2} < {2, 1, 3} and not {2, 1} < {2, 1} and {2, 1, 3} > {1, 2} and {2, 1} >= {1, 2}
        {'a', 'b'} == {'b', 'a'} and {'a', 'b'} < {'b', 'a', 'c'} and not {'c', 'a'} <= {'b', 'a'}
        {(1, 2.0), (2, 1.0)} == {(2, 1.0), (1, 2.0)}
        {1, 2}.issubset({1, 2, 3}) and {1, 2, 3}.issuperset({2, 3})
        ",
    );
}

#[test]
fn a_pointer_to_a_function_of_scipy_is_called() {
    assert_holds_after(
        "import ctypes\n\
         from numba.extending import get_cython_function_address\n\
         address = get_cython_function_address('scipy.special.cython_special', '__pyx_fuse_1erf')\n\
         prototype = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)\n\
         erf = prototype(address)\n\
         expit = prototype(get_cython_function_address('scipy.special.cython_special', 'expit'))\n",
        "
        erf(0.0) == 0.0 and abs(erf(0.5) - 0.5204998778130465) < 1e-15
        !function = expit
        function(0) == 0.5
        ",
    );
}
