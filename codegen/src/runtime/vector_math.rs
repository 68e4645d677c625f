//! `sin`, `cos`, `exp`, `log` and powers of a constant, for several floats in a row: within 1 ulp of the C library's,
//! and several times as fast where the machine multiplies and adds in one step.
//!
//! Each function is one loop without branches, which the compiler turns into vectors of the widest kind that the
//! machine has. Arguments out of the range of the loop are left to the C library afterwards.

use super::math::c;

/// Adding it to a float below 2^51 rounds that to an integer, which is then in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const PI_2: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123233995736766e-17, -1.4973849048591698e-33];
const LN_2: [f64; 2] = [std::f64::consts::LN_2, 2.3190468138462996e-17];
const LOG2_E: [f64; 2] = [std::f64::consts::LOG2_E, 2.0355273740931033e-17];

/// `(2**r - 1 - r * log(2)) / r**2` between -1/2 and 1/2.
const EXP2: [f64; 10] = [
    0.24022650695910133,
    0.05550410866482169,
    0.0096181291075936,
    0.001333355814638682,
    0.0001540353045779694,
    1.5252733862370082e-05,
    1.3215434939330092e-06,
    1.0178048085433891e-07,
    7.073841430897978e-09,
    4.4571920232048097e-10,
];
/// `(sin(r) - r) / r**3` in `r**2`, up to a quarter of pi.
const SIN: [f64; 6] = [
    -0.16666666666666632,
    0.00833333333332241,
    -0.00019841269829804807,
    2.7557313691047724e-06,
    -2.505075799690611e-08,
    1.589678953442545e-10,
];
/// `(cos(r) - 1 + r**2 / 2) / r**4` in `r**2`, up to a quarter of pi.
const COS: [f64; 6] = [
    0.0416666666666666,
    -0.0013888888888874125,
    2.4801587289482953e-05,
    -2.7557314352552824e-07,
    2.0875723302689883e-09,
    -1.1359649300370417e-11,
];
/// `(2 * atanh(s) / s - 2) / s**2` in `s**2`, for arguments between the square roots of 1/2 and 2.
const LOG: [f64; 7] = [
    0.6666666666666734,
    0.3999999999941429,
    0.2857142874248051,
    0.22222198563086792,
    0.18183564880700814,
    0.15314035601715936,
    0.1479610683994856,
];

#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum.mul_add(x, *coefficient);
    }
    sum
}

/// Sine or cosine; whether the argument is in the range of the loop.
#[inline(always)]
fn sine(x: f64, cosine: bool) -> (f64, bool) {
    let rounded = x.mul_add(std::f64::consts::FRAC_2_PI, ROUND);
    let n = rounded - ROUND;
    let quadrant = rounded.to_bits().wrapping_add(u64::from(cosine));
    // The rest of the division, in two parts.
    let near = n.mul_add(-PI_2[0], x);
    let r = n.mul_add(-PI_2[1], near);
    let low = n.mul_add(-PI_2[2], n.mul_add(-PI_2[1], near - r));
    let square = r * r;
    let half = 0.5 * square;
    let sin = (square * r).mul_add(polynomial(&SIN, square), low * (1.0 - half)) + r;
    let whole = 1.0 - half;
    let tail = (square * square).mul_add(polynomial(&COS, square), -(r * low));
    let cos = whole + (((1.0 - whole) - half) + tail);
    let value = if quadrant & 1 == 0 { sin } else { cos };
    let value = f64::from_bits(value.to_bits() ^ ((quadrant & 2) << 62));
    let value = if x == 0.0 && !cosine { x } else { value };
    (value, x.abs() < 1e6)
}

/// `2 ** (x * (high + low))`.
#[inline(always)]
fn power_of_two(x: f64, high: f64, low: f64) -> (f64, bool) {
    let product = x * high;
    let rest = x.mul_add(low, x.mul_add(high, -product));
    let rounded = product + ROUND;
    let r = product - (rounded - ROUND);
    let linear = r * LN_2[0];
    let curve = (r * r) * polynomial(&EXP2, r);
    let sum = 1.0 + linear;
    // What the product lost multiplies the whole power.
    let low = (rest * LN_2[0]).mul_add(sum + curve, r.mul_add(LN_2[1], r.mul_add(LN_2[0], -linear)));
    let value = sum + ((linear - (sum - 1.0)) + (curve + low));
    let scaled = f64::from_bits(value.to_bits().wrapping_add(rounded.to_bits() << 52));
    (scaled, product.abs() < 1021.0)
}

#[inline(always)]
fn logarithm(x: f64) -> (f64, bool) {
    // The exponent for which the rest is between the square roots of 1/2 and 2.
    const ROOT_HALF: u64 = 0x3fe6_a09e_0000_0000;
    let bits = x.to_bits().wrapping_sub(ROOT_HALF);
    let exponent = bits & 0xfff0_0000_0000_0000;
    let f = f64::from_bits(x.to_bits().wrapping_sub(exponent)) - 1.0;
    // The exponent as a float: its bits, made positive, below those of 2^52.
    const BIAS: u64 = 1 << 11;
    let k = f64::from_bits(((bits >> 52).wrapping_add(BIAS) & 0xfff) | 0x4330_0000_0000_0000);
    let k = k - (4_503_599_627_370_496.0 + 2048.0);
    let s = f / (2.0 + f);
    let z = s * s;
    let half = 0.5 * f * f;
    let r = z * polynomial(&LOG, z);
    let value = k * LN_2_HIGH - ((half - s.mul_add(half + r, k * LN_2_LOW)) - f);
    (value, (f64::MIN_POSITIVE..f64::INFINITY).contains(&x))
}

/// The logarithm of 2 with room for an exponent, and its rest.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Applies a function to floats side by side.
#[inline(always)]
fn each(from: &[f64], to: &mut [f64], fast: impl Fn(f64) -> (f64, bool), slow: impl Fn(f64) -> f64) {
    let mut all = 1u64;
    for (x, out) in from.iter().zip(to.iter_mut()) {
        let (value, fits) = fast(*x);
        *out = value;
        all &= u64::from(fits);
    }
    if all == 0 {
        for (x, out) in from.iter().zip(to) {
            if !fast(*x).1 {
                *out = slow(*x);
            }
        }
    }
}

/// Declares what machine code calls: so many floats from one address, and as many results to another.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident($($extra:ident),*) = $fast:expr, $slow:expr;)*) => {$(
        $(#[$doc])*
        #[expect(unsafe_code, reason = "machine code names the floats by address")]
        pub(crate) extern "C" fn $name(from: u64, to: u64, count: u64 $(, $extra: f64)*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
            fn widest(from: &[f64], to: &mut [f64] $(, $extra: f64)*) {
                each(from, to, $fast, $slow);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn wide(from: &[f64], to: &mut [f64] $(, $extra: f64)*) {
                each(from, to, $fast, $slow);
            }
            // SAFETY: both are slots of the caller's frame, of this many floats each, and they do not overlap.
            let (from, to) = unsafe {
                let count = count as usize;
                (
                    std::slice::from_raw_parts(from as *const f64, count),
                    std::slice::from_raw_parts_mut(to as *mut f64, count),
                )
            };
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
                // SAFETY: the processor has these instructions; every one with them has those of AVX2.
                return unsafe { widest(from, to $(, $extra)*) };
            } else if is_available() {
                // SAFETY: the processor has these instructions.
                return unsafe { wide(from, to $(, $extra)*) };
            }
            each(from, to, $fast, $slow);
        }
    )*};
}

rows! {
    sin() = |x| sine(x, false), |x| c::sin(x);
    cos() = |x| sine(x, true), |x| c::cos(x);
    exp() = |x| power_of_two(x, LOG2_E[0], LOG2_E[1]), |x| c::exp(x);
    log() = logarithm, |x| c::log(x);
    /// Powers of `base`, whose logarithm is the sum of the other two.
    power(base, high, low) = |x| power_of_two(x, high, low), |x| c::pow(base, x);
}

/// Whether multiplying and adding is one instruction: without it the loops are slower than the C library.
pub(crate) fn is_available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_arch = "aarch64");
}

/// A sum of two floats that is as exact as both together.
type Twice = (f64, f64);

fn plus(a: f64, b: f64) -> Twice {
    let sum = a + b;
    let rest = sum - a;
    (sum, (a - (sum - rest)) + (b - rest))
}

fn add(a: Twice, b: Twice) -> Twice {
    let (sum, rest) = plus(a.0, b.0);
    plus(sum, rest + a.1 + b.1)
}

fn times(a: Twice, b: Twice) -> Twice {
    let product = a.0 * b.0;
    plus(product, a.0.mul_add(b.0, -product) + a.0 * b.1 + a.1 * b.0)
}

fn over(a: Twice, b: Twice) -> Twice {
    let first = a.0 / b.0;
    let rest = add(a, times((-first, 0.0), b));
    plus(first, rest.0 / b.0)
}

/// The binary logarithm of a constant, in two parts. `None` where powers of it are no plain matter.
pub(crate) fn binary_logarithm(x: f64) -> Option<(f64, f64)> {
    if !(x.is_normal() && x > 0.0 && x != 1.0) {
        return None;
    }
    let (mut mantissa, mut exponent) = libm::frexp(x);
    if mantissa < std::f64::consts::FRAC_1_SQRT_2 {
        (mantissa, exponent) = (mantissa * 2.0, exponent - 1);
    }
    let s = over((mantissa - 1.0, 0.0), plus(mantissa, 1.0));
    let square = times(s, s);
    let mut series = (0.0, 0.0);
    for term in (0..28).rev() {
        series = add(times(series, square), over((1.0, 0.0), (f64::from(2 * term + 1), 0.0)));
    }
    let natural = times(times((2.0, 0.0), s), series);
    Some(add(times(natural, (LOG2_E[0], LOG2_E[1])), (f64::from(exponent), 0.0)))
}

#[cfg(test)]
mod tests {
    use super::c;

    /// How many floats lie between two.
    fn apart(a: f64, b: f64) -> u64 {
        let ordered = |x: f64| {
            let bits = x.to_bits() as i64;
            if bits < 0 { i64::MIN - bits } else { bits }
        };
        if a.is_nan() && b.is_nan() { 0 } else { ordered(a).abs_diff(ordered(b)) }
    }

    fn row(function: extern "C" fn(u64, u64, u64), from: &[f64; 8]) -> [f64; 8] {
        let mut to = [0.0; 8];
        function(from.as_ptr() as u64, to.as_mut_ptr() as u64, 8);
        to
    }

    /// Arguments of all sizes between the two, and some that are special.
    fn arguments(low: f64, high: f64) -> Vec<[f64; 8]> {
        let mut state = 88_172_645_463_325_252u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut rows: Vec<[f64; 8]> = (0..20_000)
            .map(|at| {
                let scale = if at % 2 == 0 { 1.0 } else { random() * random() };
                std::array::from_fn(|_| (low + (high - low) * random()) * scale)
            })
            .collect();
        let special = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, 1e300, -1e300];
        rows.extend([special, special.map(|x| x / 3.0), [1.0, 2.0, -1.0, 0.5, 745.2, -745.2, 709.9, 1e-9]]);
        rows
    }

    #[test]
    fn rows_are_within_one_unit_in_the_last_place_of_the_c_library() {
        type Case = (extern "C" fn(u64, u64, u64), fn(f64) -> f64, f64, f64);
        let cases: [Case; 6] = [
            (super::sin, |x| c::sin(x), -20.0, 20.0),
            (super::cos, |x| c::cos(x), -20.0, 20.0),
            (super::sin, |x| c::sin(x), -2e6, 2e6),
            (super::cos, |x| c::cos(x), -2e6, 2e6),
            (super::exp, |x| c::exp(x), -800.0, 800.0),
            (super::log, |x| c::log(x), 0.0, 50.0),
        ];
        for (number, (fast, slow, low, high)) in cases.into_iter().enumerate() {
            for from in arguments(low, high) {
                for (x, y) in from.into_iter().zip(row(fast, &from)) {
                    assert!(apart(y, slow(x)) <= 1, "{number}: {x:?} gives {y:?}, not {:?}", slow(x));
                }
            }
        }
        assert!(row(super::sin, &[-0.0; 8])[0].is_sign_negative());
    }

    #[test]
    fn powers_of_a_constant_are_within_one_unit_in_the_last_place() {
        for base in [10.0, 2.0, 0.3, 1.0001, 1e200, 1e-200] {
            let (high, low) = super::binary_logarithm(base).unwrap();
            let most = 1100.0 / high.abs();
            for from in arguments(-most, most) {
                let mut to = [0.0; 8];
                super::power(from.as_ptr() as u64, to.as_mut_ptr() as u64, 8, base, high, low);
                for (x, y) in from.into_iter().zip(to) {
                    assert!(apart(y, c::pow(base, x)) <= 1, "{base} ** {x} is not {y}");
                }
            }
        }
        let (high, low) = super::binary_logarithm(10.0).unwrap();
        assert!(high == std::f64::consts::LOG2_10 && (low - 1.661617516973592e-16).abs() < 1e-30);
        assert_eq!(super::binary_logarithm(-2.0), None);
    }
}
