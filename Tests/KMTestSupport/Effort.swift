internal import Foundation

/// How many rounds a random test runs.
///
/// `KMSEC_THOROUGH=1` runs each in full; without it they run a quarter of their rounds, so that `swift test` stays short.
public enum Effort {
    /// Whether random tests run in full.
    public static let isThorough = ProcessInfo.processInfo.environment["KMSEC_THOROUGH"] == "1"

    /// The number of rounds to run of `full`.
    public static func rounds(_ full: Int) -> Int {
        isThorough ? full : max(1, full / 4)
    }
}
