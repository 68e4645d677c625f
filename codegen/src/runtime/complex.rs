//! Functions of complex numbers: the C library's.

/// A complex number as C passes and returns it by value.
#[repr(C)]
#[derive(Clone, Copy)]
struct Complex {
    re: f64,
    im: f64,
}

/// The C library's functions of complex doubles. On the machines that Cranelift knows a `double complex` is passed
/// and returned as a structure of two doubles is.
mod c {
    use super::Complex;

    #[expect(unsafe_code, reason = "the C library is reached by its symbols")]
    #[link(name = "m")]
    unsafe extern "C" {
        pub(super) safe fn cpow(x: Complex, y: Complex) -> Complex;
        pub(super) safe fn csqrt(x: Complex) -> Complex;
        pub(super) safe fn cexp(x: Complex) -> Complex;
        pub(super) safe fn clog(x: Complex) -> Complex;
        pub(super) safe fn csin(x: Complex) -> Complex;
        pub(super) safe fn ccos(x: Complex) -> Complex;
        pub(super) safe fn ctan(x: Complex) -> Complex;
        pub(super) safe fn csinh(x: Complex) -> Complex;
        pub(super) safe fn ccosh(x: Complex) -> Complex;
        pub(super) safe fn ctanh(x: Complex) -> Complex;
        pub(super) safe fn casin(x: Complex) -> Complex;
        pub(super) safe fn cacos(x: Complex) -> Complex;
        pub(super) safe fn catan(x: Complex) -> Complex;
        pub(super) safe fn casinh(x: Complex) -> Complex;
        pub(super) safe fn cacosh(x: Complex) -> Complex;
        pub(super) safe fn catanh(x: Complex) -> Complex;
    }
}

const FUNCTIONS: [extern "C" fn(Complex) -> Complex; 15] = [
    c::csqrt,
    c::cexp,
    c::clog,
    c::csin,
    c::ccos,
    c::ctan,
    c::csinh,
    c::ccosh,
    c::ctanh,
    c::casin,
    c::cacos,
    c::catan,
    c::casinh,
    c::cacosh,
    c::catanh,
];

/// Calls the function of this number in `lower::math::ComplexFn` on the numbers in memory, and puts the result there.
#[expect(unsafe_code, reason = "machine code passes complex numbers in its stack frame")]
pub(crate) extern "C" fn call(which: u64, narrow: u64, numbers: u64) {
    let numbers = numbers as *mut Complex;
    let _ = narrow;
    // SAFETY: machine code passes the address of a 32-byte slot of its frame, aligned to 8, with both numbers in it.
    unsafe {
        let (x, y) = (numbers.read(), numbers.add(1).read());
        let result = match which.checked_sub(1).and_then(|index| FUNCTIONS.get(index as usize)) {
            Some(function) => function(x),
            None => c::cpow(x, y),
        };
        numbers.write(result);
    }
}
