internal import Foundation
internal import KMCards
package import KMWire

/// What must be true of both fleets before a step of a rotation.
///
/// The checks in ``KeyringFile`` need the file alone. These need what the nodes of this party have acknowledged and used,
/// and what the peer has said.
///
/// The clocks of the nodes may differ by ``FleetCensus/maximumSkew``; the soak time must be much longer.
package struct RotationGuards: Sendable {
    /// A step that is guarded.
    package enum Step: Sendable {
        case add
        case promote(CryptoKeyID)
        case deactivate(CryptoKeyID)
        case reactivate(CryptoKeyID)
        case discard(CryptoKeyID)
    }

    /// What blocks a step.
    package struct Blocker: Sendable {
        /// The fact.
        package let reason: String
        /// What to do about it; nil to wait.
        package let advice: String?

        init(_ reason: String, _ advice: String? = nil) {
            (self.reason, self.advice) = (reason, advice)
        }

        /// The reason and the advice.
        package var text: String { advice.map { "\(reason); \($0)" } ?? reason }
    }

    private let file: KeyringFile
    private let fleet: FleetCensus

    package init(_ file: KeyringFile, _ fleet: FleetCensus) {
        self.file = file
        self.fleet = fleet
    }

    /// Returns what blocks a step; empty if nothing does.
    package func blockers(of step: Step) -> [Blocker] {
        switch step {
        case .add: addition
        case .promote(let id): promotion(id)
        case .deactivate: acknowledgements
        case .reactivate(let id): acknowledgements + promised(id)
        case .discard(let id): discard(id)
        }
    }

    /// A third id at the peer, or at a node of this party, is as bad as one in the file.
    private var addition: [Blocker] {
        let gone = file.keys.filter { !$0.state.isUsable }
        let undestroyed = gone.filter { $0.peer?.state != .destroyed }.map {
            Blocker(
                "the peer has not said that it destroyed key \($0.id), so the peer could have three keys",
                "when it does: kmsec keyring peer FILE \($0.id) destroyed"
            )
        }
        guard let last = gone.map(\.changedIn).max() else { return [] }
        return undestroyed + (file.nodes.isEmpty ? acknowledgements : unlisted + fleet.missing(last))
    }

    private func promotion(_ id: CryptoKeyID) -> [Blocker] {
        guard let key = key(id) else { return [] }
        var blockers: [Blocker] = []
        switch key.peer?.state {
        case .holds: break
        case nil:
            blockers.append(
                Blocker(
                    "the peer has not said that all its nodes hold key \(id)",
                    "when it does: kmsec keyring peer FILE \(id) holds"
                )
            )
        case .stopped, .destroyed: blockers.append(Blocker("the peer has said that it stopped using key \(id)"))
        }
        // Before the first key is active, no message can be lost.
        let isFirst = file.keys.allSatisfy { $0.state == .preActivation }
        return isFirst ? blockers : blockers + acknowledgements
    }

    /// Every listed node must run this generation, so that no generation before it matters any more.
    private var acknowledgements: [Blocker] {
        guard !file.nodes.isEmpty else {
            return [
                Blocker("the file lists no nodes, so nobody knows who uses it", "kmsec keyring set FILE --node NAME")
            ]
        }
        return unlisted + fleet.missing(file.generation)
    }

    private var unlisted: [Blocker] {
        fleet.unlisted.map {
            Blocker(
                "node \(MessageMasking.apply(to: $0)) uses the file and is not listed",
                "list all nodes with kmsec keyring set FILE --node NAME, or stop it and remove its census"
            )
        }
    }

    /// A key that the peer has erased is of no use any more.
    private func promised(_ id: CryptoKeyID) -> [Blocker] {
        guard case .destroyed? = key(id)?.peer?.state else { return [] }
        return [Blocker("the peer has said that it destroyed key \(id)", "discard it here too")]
    }

    private func discard(_ id: CryptoKeyID) -> [Blocker] {
        guard let key = key(id), key.state == .deactivated || key.state == .preActivation else { return [] }
        guard !file.nodes.isEmpty else { return acknowledgements }
        var blockers = unlisted + fleet.missing(key.changedIn)
        var starts = [(date: key.changedAt, reason: "the file was changed")]
        switch key.peer {
        case (.stopped, let date)?, (.destroyed, let date)?:
            starts.append((date, "the peer stopped using it"))
        default:
            blockers.append(
                Blocker(
                    "the peer has not said that it stopped using key \(id)",
                    "when it does: kmsec keyring peer FILE \(id) stopped"
                )
            )
        }
        for (name, node) in fleet.nodes {
            guard case .known(let census) = node, let date = census.acknowledged(key.changedIn) else { continue }
            starts.append((date, "node \(name) stopped using it"))
            starts.append((census.since, "node \(name) has counted its uses without a gap"))
            for use in census.uses where use.keyID == id {
                // The audit log quotes the reasons, so it must not get a card number that is somebody's name.
                let what = "\(use.direction.rawValue), peer \(MessageMasking.apply(to: use.peer))"
                starts.append((use.lastUse, "node \(name) used it last (\(what))"))
            }
        }
        guard let start = starts.max(by: { $0.date < $1.date }) else { return blockers }
        let end = start.date.addingTimeInterval(TimeInterval(file.soakSeconds))
        let soak = "\(KeyringTime.text(start.date, .up)) (\(start.reason)) + \(file.soakSeconds) s"
        if end > fleet.date {
            blockers.append(Blocker("the soak time of key \(id) ends at \(KeyringTime.text(end, .up)): \(soak)"))
        } else {
            for case (let name, .known(let census)) in fleet.nodes where census.writtenAt < end {
                blockers.append(
                    Blocker(
                        "the census of node \(name) ends at \(KeyringTime.text(census.writtenAt)), before the soak time "
                            + "does at \(KeyringTime.text(end, .up)): \(soak)",
                        "copy the newest one here"
                    )
                )
            }
        }
        return blockers
    }

    private func key(_ id: CryptoKeyID) -> KeyringFile.Key? { file.keys.first { $0.id == id } }
}

/// A step that the guards of a rotation do not allow yet.
package struct RotationBlocked: Error {
    /// What blocks the step, and what to do about it.
    package let blockers: [RotationGuards.Blocker]
    /// The files that are no census, which can be the reason.
    package let faults: [FleetCensus.Fault]
}
