public import KMSecurity

extension KMError.Code {
    /// The registry's store does not answer, rejects a statement, or is not set up.
    public static let registryUnavailable = Self("registryUnavailable")
    /// The registry's keys were changed by another process; the call can be made again.
    public static let registryChanged = Self("registryChanged")
    /// The registry needs a key that it was not given, or has another key with the same version.
    public static let registryKeyMismatch = Self("registryKeyMismatch")
    /// Two keys of a registry have the same bytes.
    public static let keysEqual = Self("keysEqual")
    /// The registry's content contradicts itself.
    public static let registryDamaged = Self("registryDamaged")
    /// A step of a rotation does not fit the state of the registry.
    public static let registryRotationBlocked = Self("registryRotationBlocked")
    /// The registry does not have the card.
    public static let cardUnknown = Self("cardUnknown")
    /// The card has another PAR already.
    public static let cardConflict = Self("cardConflict")
    /// The card was replaced already.
    public static let cardReplaced = Self("cardReplaced")
    /// The registry does not have the PAR.
    public static let parUnknown = Self("parUnknown")
    /// The account of the PAR was erased; its PAR stays reserved.
    public static let parErased = Self("parErased")
}
