public import ArgumentParser
public import KMSecurity

extension WireProfile: ExpressibleByArgument {
    /// Finds a profile by its name.
    public init?(argument: String) {
        guard let profile = WireProfile.all.first(where: { $0.name == argument }) else { return nil }
        self = profile
    }

    /// The profile's name.
    public var defaultValueDescription: String { name }

    /// The names of all profiles.
    public static var allValueStrings: [String] { all.map(\.name) }

    /// The names that shells complete.
    public static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

extension TimeZoneCode: ExpressibleByArgument {
    /// Finds a zone by its abbreviation.
    public init?(argument: String) {
        guard let zone = try? TimeZoneCode(argument) else { return nil }
        self = zone
    }

    /// The zone's abbreviation.
    public var defaultValueDescription: String { text }

    /// The abbreviations of all zones.
    public static var allValueStrings: [String] { all.map(\.text) }

    /// The abbreviations that shells complete.
    public static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

extension ContentEncryptionAlgorithm: ExpressibleByArgument {}

extension KeyringFile.Role: ExpressibleByArgument {}

extension KeyringFile.PeerState: ExpressibleByArgument {}
