public import Foundation
public import KMSecurity

extension PARRegistry {
    /// How a registry chooses the PAR of a new account.
    public enum Assignment: Sendable, CustomStringConvertible {
        /// The PAR that the tokenizer derives from the PAN of the first card.
        ///
        /// Choose it if other parties derive PARs with the same key. If another account has this PAR, or had it before
        /// it was erased, the new one gets a random PAR.
        case derived(PARTokenizer)
        /// A random PAR with this prefix, which nobody can derive, not even with a key.
        case random(PAR.Prefix)

        func placement(for pan: PAN, isFirst: Bool) throws -> CardPlacement {
            switch self {
            case .derived(let tokenizer) where isFirst: .newAccount(try tokenizer.par(for: pan), .derived)
            case .derived(let tokenizer): .newAccount(try .random(tokenizer.prefix), .random)
            case .random(let prefix): .newAccount(try .random(prefix), .random)
            }
        }

        /// The way, without a key.
        public var description: String {
            switch self {
            case .derived(let tokenizer): "derived by \(tokenizer)"
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
        /// The first encrypts new ones. If it is empty, the registry keeps no PANs. A rotation of the look-up key then ends only when each card has
        /// been used or imported again.
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
        }

        /// Checks that the configuration has the keys that the store uses.
        func check(_ state: RegistryState) throws {
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
