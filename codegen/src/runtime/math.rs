//! Mathematics: the C library, which is what Numba calls, and what the machine lacks.

/// The C library's functions of floats, for both widths.
pub(crate) mod c {
    #[expect(unsafe_code, reason = "the C library is reached by its symbols")]
    #[link(name = "m")]
    unsafe extern "C" {
        pub(crate) safe fn exp(x: f64) -> f64;
        pub(crate) safe fn expf(x: f32) -> f32;
        pub(crate) safe fn expm1(x: f64) -> f64;
        pub(crate) safe fn expm1f(x: f32) -> f32;
        pub(crate) safe fn exp2(x: f64) -> f64;
        pub(crate) safe fn exp2f(x: f32) -> f32;
        pub(crate) safe fn log(x: f64) -> f64;
        pub(crate) safe fn logf(x: f32) -> f32;
        pub(crate) safe fn log2(x: f64) -> f64;
        pub(crate) safe fn log2f(x: f32) -> f32;
        pub(crate) safe fn log10(x: f64) -> f64;
        pub(crate) safe fn log10f(x: f32) -> f32;
        pub(crate) safe fn log1p(x: f64) -> f64;
        pub(crate) safe fn log1pf(x: f32) -> f32;
        pub(crate) safe fn sin(x: f64) -> f64;
        pub(crate) safe fn sinf(x: f32) -> f32;
        pub(crate) safe fn cos(x: f64) -> f64;
        pub(crate) safe fn cosf(x: f32) -> f32;
        pub(crate) safe fn tan(x: f64) -> f64;
        pub(crate) safe fn tanf(x: f32) -> f32;
        pub(crate) safe fn asin(x: f64) -> f64;
        pub(crate) safe fn asinf(x: f32) -> f32;
        pub(crate) safe fn acos(x: f64) -> f64;
        pub(crate) safe fn acosf(x: f32) -> f32;
        pub(crate) safe fn atan(x: f64) -> f64;
        pub(crate) safe fn atanf(x: f32) -> f32;
        pub(crate) safe fn sinh(x: f64) -> f64;
        pub(crate) safe fn sinhf(x: f32) -> f32;
        pub(crate) safe fn cosh(x: f64) -> f64;
        pub(crate) safe fn coshf(x: f32) -> f32;
        pub(crate) safe fn tanh(x: f64) -> f64;
        pub(crate) safe fn tanhf(x: f32) -> f32;
        pub(crate) safe fn asinh(x: f64) -> f64;
        pub(crate) safe fn asinhf(x: f32) -> f32;
        pub(crate) safe fn acosh(x: f64) -> f64;
        pub(crate) safe fn acoshf(x: f32) -> f32;
        pub(crate) safe fn atanh(x: f64) -> f64;
        pub(crate) safe fn atanhf(x: f32) -> f32;
        pub(crate) safe fn erf(x: f64) -> f64;
        pub(crate) safe fn erff(x: f32) -> f32;
        pub(crate) safe fn erfc(x: f64) -> f64;
        pub(crate) safe fn erfcf(x: f32) -> f32;
        pub(crate) safe fn tgamma(x: f64) -> f64;
        pub(crate) safe fn tgammaf(x: f32) -> f32;
        pub(crate) safe fn lgamma(x: f64) -> f64;
        pub(crate) safe fn lgammaf(x: f32) -> f32;
        pub(crate) safe fn cbrt(x: f64) -> f64;
        pub(crate) safe fn cbrtf(x: f32) -> f32;
        pub(crate) safe fn ceil(x: f64) -> f64;
        pub(crate) safe fn ceilf(x: f32) -> f32;
        pub(crate) safe fn floor(x: f64) -> f64;
        pub(crate) safe fn floorf(x: f32) -> f32;
        pub(crate) safe fn trunc(x: f64) -> f64;
        pub(crate) safe fn truncf(x: f32) -> f32;
        pub(crate) safe fn rint(x: f64) -> f64;
        pub(crate) safe fn rintf(x: f32) -> f32;
        pub(crate) safe fn pow(x: f64, y: f64) -> f64;
        pub(crate) safe fn powf(x: f32, y: f32) -> f32;
        pub(crate) safe fn atan2(x: f64, y: f64) -> f64;
        pub(crate) safe fn atan2f(x: f32, y: f32) -> f32;
        pub(crate) safe fn hypot(x: f64, y: f64) -> f64;
        pub(crate) safe fn hypotf(x: f32, y: f32) -> f32;
        pub(crate) safe fn fmod(x: f64, y: f64) -> f64;
        pub(crate) safe fn fmodf(x: f32, y: f32) -> f32;
        pub(crate) safe fn nextafter(x: f64, y: f64) -> f64;
        pub(crate) safe fn nextafterf(x: f32, y: f32) -> f32;
        pub(crate) safe fn ldexp(x: f64, y: i32) -> f64;
    }
}

pub(crate) extern "C" fn ldexp(x: f64, exponent: u64) -> f64 {
    c::ldexp(x, (exponent as i64).clamp(-5000, 5000) as i32)
}

pub(crate) extern "C" fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = ((a as i64).unsigned_abs(), (b as i64).unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

pub(crate) extern "C" fn lcm(a: u64, b: u64) -> u64 {
    match gcd(a, b) {
        0 => 0,
        divisor => ((a as i64).unsigned_abs() / divisor).wrapping_mul((b as i64).unsigned_abs()),
    }
}

pub(crate) extern "C" fn logaddexp(x: f64, y: f64) -> f64 {
    if x == y {
        return x + std::f64::consts::LN_2;
    }
    let diff = x - y;
    if diff > 0.0 {
        x + c::log1p(c::exp(-diff))
    } else if diff <= 0.0 {
        y + c::log1p(c::exp(diff))
    } else {
        diff
    }
}

/// Mantissa of a float; its exponent goes to the address.
#[expect(unsafe_code, reason = "machine code passes a slot of its frame for the second result")]
pub(crate) extern "C" fn frexp(x: f64, exponent: u64) -> f64 {
    let (mantissa, power) = libm::frexp(x);
    // SAFETY: the address is an eight-byte slot of the caller's frame.
    unsafe { (exponent as *mut i64).write(i64::from(power)) };
    mantissa
}

/// `round(x, digits)` as CPython did before it had its own conversion; sets the slot where the result overflows.
#[expect(unsafe_code, reason = "machine code passes a slot of its frame for the status")]
pub(crate) extern "C" fn round_digits(x: f64, digits: u64, status: u64) -> f64 {
    let (value, overflow) = round_to(x, digits as i64);
    // SAFETY: the address is an eight-byte slot of the caller's frame.
    unsafe { (status as *mut i64).write(i64::from(overflow)) };
    value
}

fn round_to(x: f64, digits: i64) -> (f64, bool) {
    if !x.is_finite() || digits > 323 {
        return (x, false);
    }
    if digits < -308 {
        return (0.0 * x, false);
    }
    let (power, second, scaled) = if digits >= 0 {
        let (power, second) = if digits > 22 {
            (c::pow(10.0, (digits - 22) as f64), 1e22)
        } else {
            (c::pow(10.0, digits as f64), 1.0)
        };
        let scaled = (x * power) * second;
        if !scaled.is_finite() {
            return (x, false);
        }
        (power, second, scaled)
    } else {
        let power = c::pow(10.0, -digits as f64);
        (power, 1.0, x / power)
    };
    let mut rounded = scaled.round();
    if (scaled - rounded).abs() == 0.5 {
        rounded = 2.0 * (scaled / 2.0).round();
    }
    let result = if digits >= 0 { (rounded / second) / power } else { rounded * power };
    (result, !result.is_finite())
}
