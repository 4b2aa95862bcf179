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

    /// The names of all.
    public static var allValueStrings: [String] { all.map(\.name) }
}

extension ContentEncryptionAlgorithm: ExpressibleByArgument {}
