//! The instruction sets that the scan and the escaping choose from.
//!
//! A value of [`Isa`] proves that this machine has the instruction set: no value of a variant exists without a check. The
//! processor is asked once, and not before the first event, because a hypervisor that traps the question takes
//! microseconds to answer.

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
use std::sync::OnceLock;

/// An instruction set that this machine has.
#[derive(Clone, Copy, Debug)]
pub(in crate::json) enum Isa {
    Scalar(Scalar),
    #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
    Avx2(Avx2),
    #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
    Avx512(Avx512),
    #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
    Neon(Neon),
}

impl Isa {
    /// Returns the fastest one.
    #[inline]
    pub(in crate::json) fn best() -> Self {
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        if let Some(isa) = Avx512::get() {
            return Self::Avx512(isa);
        }
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        if let Some(isa) = Avx2::get() {
            return Self::Avx2(isa);
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        return Self::Neon(Neon);
        #[allow(unreachable_code)]
        Self::Scalar(Scalar)
    }

    /// Returns all that this machine has, the scalar one first, the fastest last.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(in crate::json) fn all() -> impl Iterator<Item = Self> {
        let all = std::iter::once(Self::Scalar(Scalar));
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        let all = all.chain(Avx2::get().map(Self::Avx2));
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        let all = all.chain(Avx512::get().map(Self::Avx512));
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        let all = all.chain([Self::Neon(Neon)]);
        all
    }
}

/// The name of the instruction set that decoding uses. For benchmarks, which can leave out AVX-512.
///
/// # Panics
/// If AVX-512 is to be left out and is in use already.
#[cfg(feature = "internals")]
pub(crate) fn isa_name(without_avx512: bool) -> &'static str {
    #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
    assert!(!without_avx512 || Avx512::leave_out(), "AVX-512 is in use already");
    #[cfg(not(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2)))))]
    let _ = without_avx512;
    match Isa::best() {
        Isa::Scalar(_) => "scalar",
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        Isa::Avx2(_) => "AVX2",
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        Isa::Avx512(_) => "AVX-512",
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        Isa::Neon(_) => "NEON",
    }
}

/// No vector instructions: every machine has this.
#[derive(Clone, Copy, Debug)]
pub(in crate::json) struct Scalar;

/// Proof that this machine has AVX2, BMI1, BMI2, LZCNT, POPCNT and PCLMULQDQ. Only [`Avx2::get`] creates one.
#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
#[derive(Clone, Copy, Debug)]
pub(in crate::json) struct Avx2(());

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
impl Avx2 {
    /// Asks the processor at the first call.
    #[inline]
    pub(in crate::json) fn get() -> Option<Self> {
        static DETECTED: OnceLock<bool> = OnceLock::new();
        let detected = *DETECTED.get_or_init(Self::is_detected);
        detected.then_some(Self(()))
    }

    /// Returns whether the machine has every feature that a value proves. Callers of unsafe code assert it.
    pub(in crate::json) fn is_detected() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("pclmulqdq")
    }
}

/// Proof that this machine has AVX-512 with BW and VBMI2, and all that [`Avx2`] proves. Only [`Avx512::get`] creates one.
///
/// Processors with AVX-512 but without VBMI2 slow down when they use it, so they use AVX2.
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
#[derive(Clone, Copy, Debug)]
pub(in crate::json) struct Avx512(());

#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
static AVX512: OnceLock<bool> = OnceLock::new();

#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
impl Avx512 {
    /// Asks the processor at the first call.
    #[inline]
    pub(in crate::json) fn get() -> Option<Self> {
        let detected = *AVX512.get_or_init(Self::is_detected);
        detected.then_some(Self(()))
    }

    /// As [`Avx2::is_detected`].
    pub(in crate::json) fn is_detected() -> bool {
        Avx2::is_detected()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi2")
    }

    /// Keeps the process from using it, for benchmarks of AVX2. Returns `false` if it is in use already.
    #[cfg(feature = "internals")]
    pub(in crate::json) fn leave_out() -> bool {
        !AVX512.get_or_init(|| false)
    }
}

/// Proof of NEON. It belongs to every aarch64 target, so there is nothing to detect.
#[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
#[derive(Clone, Copy, Debug)]
pub(in crate::json) struct Neon;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_one_comes_last_and_is_the_best() {
        let all: Vec<String> = Isa::all().map(|isa| format!("{isa:?}")).collect();
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        let expected: Vec<&str> = {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("pclmulqdq");
            let avx512 = avx2 && cfg!(not(gatewire_avx2)) && is_x86_feature_detected!("avx512vbmi2");
            let all = [("Scalar(Scalar)", true), ("Avx2(Avx2(()))", avx2), ("Avx512(Avx512(()))", avx512)];
            all.into_iter().filter_map(|(name, present)| present.then_some(name)).collect()
        };
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        let expected = ["Scalar(Scalar)", "Neon(Neon)"];
        #[cfg(not(any(
            all(target_arch = "x86_64", not(gatewire_scalar)),
            all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar))
        )))]
        let expected = ["Scalar(Scalar)"];
        assert_eq!(all, expected);
        let best = format!("{:?}", Isa::best());
        assert_eq!(best, expected[expected.len() - 1]);
        // A second opinion on the machine: `.ci/run` asks the kernel.
        if let Ok(expected) = std::env::var("GATEWIRE_EXPECT_PATH") {
            assert!(best.starts_with(&expected), "{best} is used, not {expected}");
        }
    }
}
