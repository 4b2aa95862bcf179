internal import Foundation

/// Processor time, which other work on the machine does not increase.
package enum CPUTime {
    /// The processor time that the calling thread has used, in seconds.
    package static var ofThisThread: Double {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
