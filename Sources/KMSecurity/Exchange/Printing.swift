internal import KMJOSE

// These types print one line that identifies the value and contains no secret. Without this, they would print hundreds
// of numbers and every key of a keyring.

extension ClientSecurity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The ASP id, the access key, a summary of the keys, the profile and the time zone.
    public var description: String {
        let caller = accessKey.map { "access key \($0)" } ?? "callbacks"
        let (profile, zone) = (configuration.profile.name, configuration.timeZone)
        return "ClientSecurity(ASP id \(aspID), \(caller), \(keyring.summary), \(profile), \(zone))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ServerSecurity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A summary of the keys, the tolerance, the type of the replay guard and the retention.
    public var description: String { "ServerSecurity(\(keyring.summary), \(checks.summary))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ParameterCipher: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A summary of the keys, the profile, and whether there is a data-key cache.
    public var description: String {
        "ParameterCipher(\(keyring.summary), \(profile.name)\(cache == nil ? "" : ", data-key cache"))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name, the size of the secret key, the ASP id and the crypto keys.
    public var description: String {
        let keys =
            switch cryptoKeyIDs {
            case .only(let ids): "\(ids.count) crypto key\(ids.count == 1 ? "" : "s")"
            case .insecureAny: "any crypto key"
            }
        let name = name.isEmpty ? "without a name" : name
        return "Credential(\(name), \(secretKey), ASP id \(aspID.map { $0.text } ?? "any"), \(keys))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension StaticCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of callers.
    public var description: String { "StaticCredentials(\(callerCount) caller\(callerCount == 1 ? "" : "s"))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CryptoKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The id, the state, and the keys that encrypt and decrypt.
    public var description: String {
        // Of an unwrapper of the user's own, only the type: its properties may hold a PIN.
        let decryption = decryptionKey.map { ($0 as? RSAPrivateKey)?.description ?? "\(type(of: $0))" }
        let keys = [
            encryptionKey.map { "encrypts to \($0)" }, decryption.map { "decrypts with \($0)" },
        ].compactMap(\.self)
        return "CryptoKey(\(([id.text, state.rawValue] + keys).joined(separator: ", ")))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CryptoKeyring {
    /// The number of keys and the id of the primary key, which is short even for hundreds of keys.
    var summary: String {
        let count = keys.count
        return "\(count) key\(count == 1 ? "" : "s")\(primaryID.map { ", primary \($0)" } ?? "")"
    }
}

extension RequestPipeline.Checks {
    /// The tolerance, the type of the replay guard and the retention.
    var summary: String {
        "tolerance \(tolerance.past) s past and \(tolerance.future) s future, \(type(of: replayGuard)), "
            + "retention \(retention) s"
    }
}
