import Foundation
import KMCommandLine

/// Shows on a terminal how many lines are done, at most five times a second.
struct LineProgress {
    private let noun: String
    private let start = ContinuousClock.now
    private var shown = ContinuousClock.now

    init(_ noun: String) {
        self.noun = noun
    }

    mutating func show(_ count: Int) {
        let now = ContinuousClock.now
        guard shown.duration(to: now) > .milliseconds(200) else { return }
        shown = now
        let seconds = Double((now - start) / .milliseconds(1)) / 1000
        let rate = (Double(count) / seconds / 1000).formatted(.number.precision(.fractionLength(0)))
        Terminal.progress("\(count.formatted()) \(noun), \(rate) thousand per second")
    }

    func clear() {
        Terminal.progress(nil)
    }
}
