internal import KMWire

/// The next steps of a rotation, and what the peer can be told.
package struct RotationPlan: Sendable, Encodable {
    /// A step that can be made next, or that waits for something.
    package struct Step: Sendable, Encodable {
        /// The key; nil if it is not in the file yet.
        package let key: String?
        /// The step in words.
        package let step: String
        /// The arguments of `kmsec keyring`; nil if there is nothing to run here.
        package let command: String?
        /// What blocks the step.
        package let blockedBy: [String]
    }

    /// What is true of a key at all nodes of this party.
    package struct Statement: Sendable, Encodable {
        /// The key.
        package let key: String
        /// What this party can say about it.
        package let state: String
        /// The arguments of `kmsec keyring` for the peer, which records it.
        package let peerCommand: String
    }

    /// The steps in the order of the keys.
    package let steps: [Step]
    /// What the peer can rely on, in the order of the keys; nothing about keys before the last three.
    package let statements: [Statement]

    package init(_ file: KeyringFile, _ fleet: FleetCensus) {
        let guards = RotationGuards(file, fleet)
        var steps = file.keys.flatMap { Self.steps($0, file, fleet, guards) }
        let isRotating = file.keys.count(where: \.state.isUsable) == KeyringFile.maximumUsableCount
        if !isRotating, file.keys.isEmpty || steps.isEmpty {
            steps.append(
                Step(
                    key: nil,
                    step: file.keys.isEmpty
                        ? "add the first key" : "no rotation is in progress; to begin one, add a key",
                    command: "add FILE --id ID --certificate PEER.pem --private-key OWN.pem",
                    blockedBy: guards.blockers(of: .add).map(\.text)
                )
            )
        }
        self.steps = steps
        // A node that nobody has listed could contradict each statement.
        let areListed = !file.nodes.isEmpty && fleet.unlisted.isEmpty
        statements = file.keys.suffix(3).compactMap { key in
            guard areListed, let state = key.state.statement, fleet.missing(key.changedIn).isEmpty else { return nil }
            return Statement(
                key: key.id.text,
                state: state.rawValue,
                peerCommand: "peer FILE \(key.id) \(state.rawValue)"
            )
        }
    }

    private static func steps(
        _ key: KeyringFile.Key,
        _ file: KeyringFile,
        _ fleet: FleetCensus,
        _ guards: RotationGuards
    ) -> [Step] {
        let id = key.id
        func step(_ what: String, _ command: String? = nil, _ guarded: RotationGuards.Step? = nil) -> Step {
            let blockers = guarded.map(guards.blockers) ?? []
            return Step(key: id.text, step: what, command: command, blockedBy: blockers.map(\.text))
        }
        /// The step that records what the peer says.
        func record(_ state: KeyringFile.PeerState, _ done: String) -> Step {
            step("when the peer says that all its nodes have \(done), record it", "peer FILE \(id) \(state.rawValue)")
        }
        let missing = fleet.missing(key.changedIn)
        let loading =
            missing.isEmpty || key.state == .active
            ? []
            : [
                Step(
                    key: id.text,
                    step: "let every node load generation \(key.changedIn); then the peer can be told",
                    command: nil,
                    blockedBy: missing.map(\.text)
                )
            ]
        switch key.state {
        case .preActivation:
            let promotion = step("make the key active", "promote FILE \(id)", .promote(id))
            return loading + (key.peer == nil ? [record(.holds, "loaded the key")] : []) + [promotion]
        case .active:
            guard let next = successor(of: key, file) else { return [] }
            let move = file.firstIssuedID == id ? " --callbacks-move-to \(next)" : ""
            return [step("retire the key, which \(next) replaces", "deactivate FILE \(id)\(move)", .deactivate(id))]
        case .suspended: return [step("end the suspension, or deactivate", "reactivate FILE \(id)", .reactivate(id))]
        case .deactivated:
            let hasStopped = key.peer?.state == .stopped || key.peer?.state == .destroyed
            return loading + (hasStopped ? [] : [record(.stopped, "stopped using the key")])
                + [step("erase the key", "discard FILE \(id)", .discard(id))]
        case .compromised: return [step("erase the key", "discard FILE \(id)")]
        case .destroyed:
            guard key.peer?.state != .destroyed else { return [] }
            return loading + [record(.destroyed, "erased the key")]
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

extension KeyringFile.State {
    /// What a party can say about a key in this state when all its nodes have loaded the state.
    fileprivate var statement: KeyringFile.PeerState? {
        switch self {
        case .preActivation, .active, .suspended: .holds
        case .deactivated: .stopped
        case .destroyed: .destroyed
        case .compromised: nil
        }
    }
}
