public import KMJOSE

/// The variant of the wire format that a sender uses.
///
/// The platform's API page differs from its guide and its sandbox in the token and in the JWE. Receivers accept both
/// variants.
public struct WireProfile: Sendable, Hashable {
    /// The profile's name in command-line options and files.
    public let name: String
    /// Whether the token's MAC has its Base64 pad, which makes 67 characters instead of 66.
    let padsToken: Bool
    /// Whether a JWE's protected header contains the crypto key id as `kid`.
    package let namesKey: Bool
    /// The content encryption algorithm (`enc`) of a JWE.
    package let encryption: ContentEncryptionAlgorithm

    /// The API page's variant: tokens of 66 characters, A256GCM, and the crypto key id as `kid`.
    public static let documented = WireProfile(
        name: "documented",
        padsToken: false,
        namesKey: true,
        encryption: .a256GCM
    )

    /// The guide's and the sandbox's variant: tokens of 67 characters, A128GCM, and no `kid`.
    public static let gateway = WireProfile(
        name: "gateway",
        padsToken: true,
        namesKey: false,
        encryption: .a128GCM
    )

    /// Both profiles.
    public static let all = [documented, gateway]

    /// Returns this profile with another content encryption algorithm (`enc`).
    public func with(encryption: ContentEncryptionAlgorithm) -> WireProfile {
        WireProfile(name: name, padsToken: padsToken, namesKey: namesKey, encryption: encryption)
    }

    private init(name: String, padsToken: Bool, namesKey: Bool, encryption: ContentEncryptionAlgorithm) {
        self.name = name
        self.padsToken = padsToken
        self.namesKey = namesKey
        self.encryption = encryption
    }
}
