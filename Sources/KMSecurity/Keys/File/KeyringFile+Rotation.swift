package import Foundation
internal import KMPrimitives
package import KMWire

/// The steps of a rotation.
///
/// The checks here need only the file itself. What needs the reports of the fleet is checked by the caller. Apply a step to a
/// copy: one that throws can leave the value half changed.
extension KeyringFile {
    /// A change of a file, as the audit log records it.
    package struct Change: Sendable {
        package let action: String
        package let id: CryptoKeyID?
        package let from: State?
        package let to: State?
    }

    /// Adds a key in the state pre-activation.
    ///
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `rotationBlocked` if two keys are usable; `keyringFileInvalid` if the id is known.
    package mutating func add(
        _ id: CryptoKeyID,
        certificate: Certificate?,
        privateKey: PrivateKey?,
        issuedAt: Date,
        at date: Date
    ) throws -> Change {
        guard !keys.contains(where: { $0.id == id }) else {
            throw Self.invalid("the file has key \(id) already; an id is never used again")
        }
        let usable = keys.filter(\.state.isUsable).map(\.id)
        guard usable.count < Self.maximumUsableCount else {
            throw blocked("two keys are usable already: \(usable[0]) and \(usable[1]); discard the older one first")
        }
        keys.append(
            Key(
                id: id,
                state: .preActivation,
                issuedAt: issuedAt,
                changedAt: date,
                changedIn: generation + 1,
                certificate: certificate,
                privateKey: privateKey
            )
        )
        return try done("add", id, from: nil)
    }

    /// Makes a key active, and in a provider's file primary.
    ///
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyUnknown`, `rotationBlocked`.
    package mutating func promote(_ id: CryptoKeyID, at date: Date) throws -> Change {
        let (index, old) = try find(id)
        let isStandby = old == .active && role == .provider && primaryID != id
        guard old == .preActivation || isStandby else {
            throw blocked(
                old == .active ? "key \(id) is in full use already" : "key \(id) is \(old.rawValue), not pre-activation"
            )
        }
        if role == .provider {
            guard keys[index].certificate != nil else {
                throw blocked("key \(id) has no certificate of the platform, so it cannot encrypt requests")
            }
            primaryID = id
        }
        set(.active, index, date)
        return try done("promote", id, from: old)
    }

    /// Takes a key out of use, either to retire it or for a while.
    ///
    /// - Parameters:
    ///   - id: The key.
    ///   - isSuspension: Whether the key becomes suspended rather than deactivated.
    ///   - callbackID: The key that callbacks use afterwards, which must be named if that changes.
    ///   - date: The time of the change.
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyUnknown`, `rotationBlocked`.
    package mutating func deactivate(
        _ id: CryptoKeyID,
        isSuspension: Bool,
        callbacksMoveTo callbackID: CryptoKeyID?,
        at date: Date
    ) throws -> Change {
        let (index, old) = try find(id)
        guard old == .active || (old == .suspended && !isSuspension) else {
            throw blocked("key \(id) is \(old.rawValue), not active")
        }
        guard id != primaryID else {
            throw blocked("key \(id) is primary; promote another key first: kmsec keyring promote FILE ID")
        }
        let first = firstIssuedID
        set(isSuspension ? .suspended : .deactivated, index, date)
        guard let next = firstIssuedID else { throw blocked("no other key is active, so no message could begin") }
        if first == id, callbackID != next {
            throw blocked(
                "callbacks use key \(id), because it was issued first; afterwards they use \(next) at both ends. Agree "
                    + "on the time with the peer, and confirm with --callbacks-move-to \(next)"
            )
        }
        return try done(isSuspension ? "suspend" : "deactivate", id, from: old)
    }

    /// Makes a suspended key active again.
    ///
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyUnknown`, `rotationBlocked`.
    package mutating func reactivate(_ id: CryptoKeyID, at date: Date) throws -> Change {
        let (index, old) = try find(id)
        guard old == .suspended else {
            let why = old == .deactivated ? ", and the peer may rely on that: add a new key instead" : ", not suspended"
            throw blocked("key \(id) is \(old.rawValue)\(why)")
        }
        set(.active, index, date)
        return try done("reactivate", id, from: old)
    }

    /// Erases a key's private key and certificate.
    ///
    /// This cannot be undone.
    ///
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyUnknown`, `rotationBlocked`.
    package mutating func discard(_ id: CryptoKeyID, at date: Date) throws -> Change {
        let (index, old) = try find(id)
        guard old == .preActivation || old == .deactivated || old == .compromised else {
            let advice = old == .destroyed ? "" : "; deactivate it first: kmsec keyring deactivate FILE \(id)"
            throw blocked("key \(id) is \(old.rawValue)\(advice)")
        }
        keys[index].certificate = nil
        keys[index].privateKey = nil
        set(.destroyed, index, date)
        return try done("discard", id, from: old)
    }

    /// Stops all use of a key at once, because somebody else may know its private key.
    ///
    /// This cannot be undone.
    ///
    /// - Parameters:
    ///   - id: The key.
    ///   - allowsNoPrimary: Whether a provider may be left without a primary key, so that it cannot send.
    ///   - date: The time of the change.
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyUnknown`, `rotationBlocked`.
    package mutating func compromise(_ id: CryptoKeyID, allowsNoPrimary: Bool, at date: Date) throws -> Change {
        let (index, old) = try find(id)
        guard old.isUsable else { throw blocked("key \(id) is \(old.rawValue) already") }
        if id == primaryID {
            guard allowsNoPrimary else {
                throw blocked(
                    "key \(id) is primary, so the provider could send no request afterwards; promote another key "
                        + "first, or confirm with --stop-sending"
                )
            }
            primaryID = nil
        }
        set(.compromised, index, date)
        return try done("compromise", id, from: old)
    }

    /// Records what the peer said about a key.
    ///
    /// What was recorded only goes forward: `holds`, `stopped`, `destroyed`.
    ///
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyUnknown`; `rotationBlocked` if a later state is recorded already.
    package mutating func record(_ state: PeerState, of id: CryptoKeyID, at date: Date) throws -> Change {
        let (index, _) = try find(id)
        if let old = keys[index].peer?.state, old.rank > state.rank {
            throw blocked(
                "\(old.rawValue) is recorded of the peer and key \(id) already; the state only goes forward, so "
                    + "\(state.rawValue) is not recorded"
            )
        }
        keys[index].peer = (state, date)
        return try done("peer \(state.rawValue)", id, from: nil)
    }

    /// Lists the nodes of the fleet anew, and sets the soak time.
    ///
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyringFileInvalid`.
    package mutating func set(nodes: [String], soakSeconds: Int) throws -> Change {
        (self.nodes, self.soakSeconds) = (nodes, soakSeconds)
        return try done("set", nil, from: nil)
    }

    /// Counts a change of the passphrases, which changes nothing else.
    ///
    /// - Returns: What the audit log records.
    /// - Throws: ``KMError`` `keyringFileInvalid`.
    package mutating func changePassphrases() throws -> Change {
        try done("passphrases changed", nil, from: nil)
    }

    /// Returns a key.
    ///
    /// - Throws: ``KMError`` `keyUnknown`.
    package func key(_ id: CryptoKeyID) throws -> Key { keys[try find(id).index] }

    private func find(_ id: CryptoKeyID) throws -> (index: Int, state: State) {
        guard let index = keys.firstIndex(where: { $0.id == id }) else {
            throw KMError(.keyUnknown, "the keyring file has no key \(id.masked); kmsec keyring list shows its keys")
        }
        return (index, keys[index].state)
    }

    private mutating func set(_ state: State, _ index: Int, _ date: Date) {
        keys[index].state = state
        keys[index].changedAt = date
        keys[index].changedIn = generation + 1
    }

    private mutating func done(_ action: String, _ id: CryptoKeyID?, from: State?) throws -> Change {
        generation += 1
        try check()
        let to = action.hasPrefix("peer") ? nil : keys.first { $0.id == id }?.state
        return Change(action: action, id: id, from: from, to: to)
    }

    private func blocked(_ reason: String) -> KMError { KMError(.rotationBlocked, reason) }
}

extension KeyringFile.PeerState {
    /// The place in the order in which the peer reaches the states.
    fileprivate var rank: Int {
        switch self {
        case .holds: 0
        case .stopped: 1
        case .destroyed: 2
        }
    }
}
