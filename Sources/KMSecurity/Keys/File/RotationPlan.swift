internal import KMWire

/// The next steps of a rotation, for this party and for the peer.
package struct RotationPlan: Sendable {
    /// A step that can be made next, or that waits for something.
    package struct Step: Sendable, Encodable {
        /// The key; nil if the step concerns a key that is not in the file yet.
        package let key: String?
        /// The step in words.
        package let step: String
        /// The arguments of `kmsec keyring` for this party; nil if there is nothing to run.
        package let command: String?
        /// The arguments of `kmsec keyring` for the peer, which has heard from this party; nil if there is nothing to run.
        package let peerCommand: String?
        /// What blocks the step.
        package let blockedBy: [String]
    }

    /// The steps in the order of the keys.
    package let steps: [Step]

    package init(_ file: KeyringFile, _ fleet: FleetCensus) {
        let guards = RotationGuards(file, fleet)
        var steps = file.keys.flatMap { Self.steps($0, file, fleet, guards) }
        if steps.isEmpty, file.keys.count(where: \.state.isUsable) < KeyringFile.maximumUsableCount {
            let what = file.keys.isEmpty ? "add the first key" : "no rotation is in progress; to begin one, add a key"
            steps.append(
                Step(
                    key: nil,
                    step: what,
                    command: "add FILE --id ID --certificate PEER.pem --private-key OWN.pem",
                    peerCommand: nil,
                    blockedBy: guards.blockers(of: .add).map(\.text)
                )
            )
        }
        self.steps = steps
    }

    private static func steps(
        _ key: KeyringFile.Key,
        _ file: KeyringFile,
        _ fleet: FleetCensus,
        _ guards: RotationGuards
    ) -> [Step] {
        let id = key.id
        func step(
            _ what: String,
            _ command: String? = nil,
            peer: String? = nil,
            _ guarded: RotationGuards.Step? = nil
        ) -> Step {
            Step(
                key: id.text,
                step: what,
                command: command,
                peerCommand: peer,
                blockedBy: guarded.map { guards.blockers(of: $0).map(\.text) } ?? []
            )
        }
        /// What both parties do when this party has changed the key at all its nodes.
        func exchange(_ state: KeyringFile.PeerState, _ done: String) -> [Step] {
            let missing = fleet.missing(key.changedIn)
            let command = "peer FILE \(id) \(state.rawValue)"
            var steps = [step("when the peer says that all its nodes have \(done), record it", command)]
            if missing.isEmpty {
                steps.insert(step("tell the peer that all nodes here have \(done)", peer: command), at: 0)
            } else {
                steps.insert(
                    Step(
                        key: id.text,
                        step: "let every node load generation \(key.changedIn), before you tell the peer",
                        command: nil,
                        peerCommand: nil,
                        blockedBy: missing.map(\.text)
                    ),
                    at: 0
                )
            }
            return steps
        }
        switch key.state {
        case .preActivation:
            let promotion = step("make the key active", "promote FILE \(id)", .promote(id))
            return exchange(.holds, "loaded the key").dropLast(key.peer == nil ? 0 : 1) + [promotion]
        case .active:
            guard let next = successor(of: key, file) else {
                // Until the peer uses the key, it may not have heard that it can.
                return fleet.uses(of: id).isEmpty ? exchange(.holds, "loaded the key").dropLast() : []
            }
            let move = file.firstIssuedID == id ? " --callbacks-move-to \(next)" : ""
            return [step("retire the key, which \(next) replaces", "deactivate FILE \(id)\(move)", .deactivate(id))]
        case .suspended: return [step("end the suspension, or deactivate", "reactivate FILE \(id)", .reactivate(id))]
        case .deactivated:
            let hasStopped = key.peer?.state == .stopped || key.peer?.state == .destroyed
            return (hasStopped ? [] : exchange(.stopped, "stopped using the key"))
                + [step("erase the key", "discard FILE \(id)", .discard(id))]
        case .compromised: return [step("erase the key", "discard FILE \(id)")]
        case .destroyed:
            guard let peer = key.peer, peer.state != .destroyed else { return [] }
            return exchange(.destroyed, "erased the key")
        }
    }

    /// The active key that replaces another one.
    private static func successor(of key: KeyringFile.Key, _ file: KeyringFile) -> CryptoKeyID? {
        let others = file.keys.filter { $0.state == .active && $0.id != key.id }
        switch file.role {
        case .provider: return file.primaryID == key.id ? nil : others.first?.id
        case .platform: return others.first { $0.issuedAt > key.issuedAt }?.id
        }
    }
}
