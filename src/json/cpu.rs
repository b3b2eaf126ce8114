//! What the processor has beyond its architecture. It is asked once, and not before the first event: where a hypervisor
//! traps the question, it takes microseconds.

use std::sync::OnceLock;

/// The proof that this machine has AVX2, BMI1, BMI2, LZCNT, POPCNT and PCLMULQDQ: only [`Avx2::get`] makes one.
#[derive(Clone, Copy, Debug)]
pub(in crate::json) struct Avx2(());

impl Avx2 {
    /// Asks the processor at the first call.
    #[inline]
    pub(in crate::json) fn get() -> Option<Self> {
        static DETECTED: OnceLock<bool> = OnceLock::new();
        let detected = *DETECTED.get_or_init(|| {
            is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("pclmulqdq")
        });
        detected.then_some(Self(()))
    }
}

/// The proof that this machine has AVX-512 with BW and VBMI2, and all that [`Avx2`] proves: only [`Avx512::get`] makes one.
///
/// Processors that have the first forms of AVX-512 and not VBMI2 slow down where they use it, and are left to AVX2.
#[cfg(not(gatewire_avx2))]
#[derive(Clone, Copy, Debug)]
pub(in crate::json) struct Avx512(());

#[cfg(not(gatewire_avx2))]
static AVX512: OnceLock<bool> = OnceLock::new();

#[cfg(not(gatewire_avx2))]
impl Avx512 {
    /// Asks the processor at the first call.
    #[inline]
    pub(in crate::json) fn get() -> Option<Self> {
        let detected = *AVX512.get_or_init(|| {
            Avx2::get().is_some()
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi2")
        });
        detected.then_some(Self(()))
    }

    /// Keeps the process from using it, for benchmarks of the other paths; false where it is in use already.
    #[cfg(feature = "internals")]
    pub(in crate::json) fn leave_out() -> bool {
        !AVX512.get_or_init(|| false)
    }
}
