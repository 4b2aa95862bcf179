internal import Foundation

/// How much a random or exhaustive test runs.
///
/// `KMSEC_THOROUGH=1` runs each in full. Without it, `swift test` stays short.
public enum Effort {
    /// Whether random tests run in full.
    public static let isThorough = ProcessInfo.processInfo.environment["KMSEC_THOROUGH"] == "1"

    /// The number of rounds to run of `full`.
    public static func rounds(_ full: Int) -> Int {
        isThorough ? full : max(1, full / 8)
    }

    /// Returns all elements, or without `KMSEC_THOROUGH=1` every `step`th of them, of which the first is at `start`.
    public static func sample<Element>(_ elements: [Element], _ step: Int, from start: Int = 0) -> [Element] {
        guard !isThorough, !elements.isEmpty else { return elements }
        return stride(from: start % min(step, elements.count), to: elements.count, by: step).map { elements[$0] }
    }
}
