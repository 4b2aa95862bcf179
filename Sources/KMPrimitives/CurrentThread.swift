#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Numbers that spread threads over the parts of a divided value.
package enum CurrentThread {
    /// Returns a number below `count`, the same for all calls on one thread.
    ///
    /// Two threads can have the same number.
    package static func slot(below count: Int) -> Int {
        #if canImport(Darwin)
        let thread = unsafe UInt(bitPattern: pthread_self())
        #else
        let thread = pthread_self()
        #endif
        // Threads' structures lie at multiples of large powers of two, so the product's high bits are used.
        return Int((UInt64(thread) &* 0x9E37_79B9_7F4A_7C15) >> 48) % count
    }
}
