internal import CoreMetrics
internal import Foundation
internal import KMWire

/// The metrics of the keys of a process, with OpenTelemetry's naming and units.
///
/// The values of their dimensions come from closed sets: the ids of a keyring, the directions and the results. Peers are
/// in the census only, because a server may have very many.
enum KeyMetrics {
    /// Counts a keyring file that was loaded or rejected.
    static func countReload(succeeded: Bool, _ factory: any MetricsFactory = MetricsSystem.factory) {
        let result = succeeded ? "loaded" : "rejected"
        Counter(label: "km.keyring.reloads", dimensions: [("result", result)], factory: factory).increment()
    }

    /// Reports what was used since the last report: the number of uses, and the time of the last one in seconds since 1970.
    static func report(
        _ uses: [KeyUse],
        since earlier: [KeyUse],
        _ factory: any MetricsFactory = MetricsSystem.factory
    ) {
        let before = counts(earlier)
        for (place, count) in counts(uses) where count != before[place] {
            Counter(
                label: "km.key.uses",
                dimensions: [("km.key-id", place.keyID), ("direction", place.direction), ("result", place.result)],
                factory: factory
            ).increment(by: count - (before[place] ?? 0))
        }
        for (id, times) in Dictionary(grouping: uses, by: \.keyID) {
            guard let last = times.map(\.lastUse).max() else { continue }
            Gauge(label: "km.key.last_use", dimensions: [("km.key-id", id.text)], factory: factory)
                .record(last.timeIntervalSince1970.rounded(.down))
        }
    }

    /// Reports the age of each active key in seconds, if its time of issue is known.
    static func reportAges(
        of keyring: CryptoKeyring,
        at date: Date,
        _ factory: any MetricsFactory = MetricsSystem.factory
    ) {
        for key in keyring.keys where key.state == .active {
            guard let issuedAt = key.issuedAt else { continue }
            Gauge(label: "km.key.age", dimensions: [("km.key-id", key.id.text)], factory: factory)
                .record(date.timeIntervalSince(issuedAt).rounded(.down))
        }
    }

    private struct Place: Hashable {
        let keyID: String
        let direction: String
        let result: String
    }

    /// The sums over all peers.
    private static func counts(_ uses: [KeyUse]) -> [Place: Int] {
        var counts: [Place: Int] = [:]
        for use in uses {
            for (result, count) in [("accepted", use.acceptedCount), ("rejected", use.rejectedCount)] where count > 0 {
                let place = Place(keyID: use.keyID.text, direction: use.direction.rawValue, result: result)
                counts[place] = min((counts[place] ?? 0) + count, 1 << 53)
            }
        }
        return counts
    }
}
