public import Foundation
internal import KMCards
internal import KMPrimitives
public import KMSecurity

extension PARRegistry {
    /// How a registry chooses the PAR of a new account.
    public enum Assignment: Sendable, CustomStringConvertible {
        /// The PAR that the tokenizer derives from the PAN of the first card.
        ///
        /// Choose it if other parties derive PARs with the same key. If another account has this PAR, or had it before
        /// it was erased, the new one gets a random PAR.
        case derived(PARTokenizer)
        /// PARs derived by keys in a device, as with ``derived(_:)``. Each first use asks the device once.
        case derivedElsewhere(ExternalPARTokenizer)
        /// A random PAR with this prefix, which nobody can derive, not even with a key.
        case random(PAR.Prefix)

        func placement(for pan: PAN, isFirst: Bool) async throws -> CardPlacement {
            switch self {
            case .derived(let tokenizer) where isFirst: .newAccount(try tokenizer.par(for: pan), .derived)
            case .derivedElsewhere(let tokenizer) where isFirst:
                .newAccount(try await tokenizer.par(for: pan), .derived)
            case .derived(let tokenizer): .newAccount(try .random(tokenizer.prefix), .random)
            case .derivedElsewhere(let tokenizer): .newAccount(try .random(tokenizer.prefix), .random)
            case .random(let prefix): .newAccount(try .random(prefix), .random)
            }
        }

        /// Returns whether a derived PAR comes from one of the keys; nil if PARs are random.
        func derives(_ par: PAR, from pan: PAN) async throws -> Bool? {
            switch self {
            case .derived(let tokenizer): try tokenizer.version(of: par, for: pan) != nil
            case .derivedElsewhere(let tokenizer): try await tokenizer.version(of: par, for: pan) != nil
            case .random: nil
            }
        }

        /// Returns whether a tokenization key has the same bytes as the key of `hmac`.
        func hasKey(of hmac: HMACSHA256) throws -> Bool {
            switch self {
            case .derived(let tokenizer): try tokenizer.hasKey(of: hmac)
            case .derivedElsewhere(let tokenizer): try tokenizer.hasKey(of: hmac)
            case .random: false
            }
        }

        /// The way, without a key.
        public var description: String {
            switch self {
            case .derived(let tokenizer): "derived by \(tokenizer)"
            case .derivedElsewhere(let tokenizer): "derived by \(tokenizer)"
            case .random(let prefix): "random, prefix \(prefix)"
            }
        }
    }

    /// The keys of a registry, and its way of assigning PARs.
    public struct Configuration: Sendable, CustomStringConvertible {
        /// The look-up keys, in any order.
        ///
        /// A new registry begins with the first. During a rotation, each process needs both keys.
        public var lookupKeys: [PANLookupKey]
        /// How the registry chooses the PAR of a new account.
        public var assignment: Assignment
        /// The keys for PANs that the registry keeps encrypted.
        ///
        /// The first encrypts new ones. If it is empty, the registry keeps no PANs. A rotation of the look-up key then ends
        /// only when each card has been used or imported again. A card whose PAN the registry does not keep yet gets it
        /// encrypted with its next use.
        public var sealingKeys: [PANSealingKey] = []
        /// The largest number of batches that are sent to the store at the same time.
        public var parallelBatchCount = 4
        /// The clock.
        public var clock: @Sendable () -> Date = { Date() }

        /// Creates a configuration.
        ///
        /// - Parameters:
        ///   - lookupKeys: The look-up keys, at least one.
        ///   - assignment: How the registry chooses the PAR of a new account.
        public init(lookupKeys: [PANLookupKey], assignment: Assignment) {
            (self.lookupKeys, self.assignment) = (lookupKeys, assignment)
        }

        func check() throws {
            guard !lookupKeys.isEmpty else { throw KMError(.configurationInvalid, "a registry needs a look-up key") }
            for (names, kind) in [(lookupKeys.map(\.name), "look-up"), (sealingKeys.map(\.name), "sealing")] {
                var versions = Set<UInt32>()
                for name in names where !versions.insert(name.version).inserted {
                    throw KMError(.keyVersionRepeated, "two \(kind) keys have version \(name.version)")
                }
            }
            let keys =
                lookupKeys.map { ("look-up key \($0.name.version)", $0.hmac) }
                + sealingKeys.flatMap { key in
                    [key.hmac, key.textHMAC].compactMap { $0.map { ("sealing key \(key.name.version)", $0) } }
                }
            var names: [String: String] = [:]
            for (name, hmac) in keys {
                if try assignment.hasKey(of: hmac) {
                    throw KMError(.keysEqual, "\(name) has the bytes of a tokenization key; each key must be its own")
                }
                // Eighty bits of a MAC of a label that no other use of these keys has.
                let fingerprint = try KeyedMessage("KMSecurity PEK 1", 0).mac(under: hmac).withBytes { mac in
                    hexadecimal((0..<10).map { mac[$0] })
                }
                if let other = names.updateValue(name, forKey: fingerprint), other != name {
                    throw KMError(.keysEqual, "\(other) and \(name) have the same bytes; each key must be its own")
                }
            }
        }

        /// Checks that the configuration has the look-up keys that the store uses, and no key that only has the version
        /// of one of the store's.
        func check(_ state: RegistryState) throws {
            for key in sealingKeys {
                guard let known = state.sealingKeys.first(where: { $0.version == key.name.version }), known != key.name
                else { continue }
                throw KMError(
                    .registryKeyMismatch,
                    "the registry has a sealing key with \(known); the given key has \(key.name). Give the right file, or "
                        + "give a new key a new version"
                )
            }
            for name in state.keys where !lookupKeys.contains(where: { $0.name == name }) {
                let other = lookupKeys.first { $0.name.version == name.version }
                throw KMError(
                    .registryKeyMismatch,
                    other.map { "the registry has a look-up key with \(name); the given key has \($0.name)" }
                        ?? "the registry needs the look-up key with \(name) too; give all keys that it uses"
                )
            }
        }

        /// The way of assigning PARs and the names of the keys.
        public var description: String {
            "PARRegistry.Configuration(\(assignment), look-up keys \(lookupKeys.map(\.name.version)), sealing keys "
                + "\(sealingKeys.map(\.name.version)))"
        }
    }
}
