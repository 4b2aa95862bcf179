#if Sandbox
import KMSecurity
import KMWire

/// A deliberate difference between the sandbox and a platform that lasts until a user takes it back.
struct StandingWarning: Sendable, Hashable {
    /// What differs, such as `the fault status-500 is set: the answer has HTTP status 500 and no body`.
    let text: String
    /// What to report when it ends.
    let end: String

    /// Returns the warnings for settings and keys.
    static func all(_ settings: SandboxSettings, _ keys: SandboxParties.Keys) -> [StandingWarning] {
        var warnings: [StandingWarning] = []
        let remedy = "Setup on the page or PUT /sandbox/settings takes it back"
        if settings.fault != .none {
            let effect = settings.fault.effect(delayMilliseconds: settings.delayMilliseconds)
            warnings.append(
                .init(
                    text: "the fault \(settings.fault.rawValue) is set: \(effect); \(remedy)",
                    end: "the fault \(settings.fault.rawValue) is no longer set"
                )
            )
        }
        if settings.clockSkewSeconds != 0 {
            warnings.append(
                .init(
                    text: "the sandbox's clock is \(settings.clockDifference): clockSkewSeconds is "
                        + "\(settings.clockSkewSeconds); \(remedy)",
                    end: "the sandbox's clock is no longer \(settings.clockDifference)"
                )
            )
        }
        for key in keys.all where key.state == .inactive {
            let id = key.pair.id.text
            warnings.append(
                .init(
                    text: "the key \(id) is inactive: the sandbox still accepts calls under it, and rejects them after "
                        + "the next rotation step",
                    end: "the key \(id) is no longer inactive"
                )
            )
        }
        return warnings
    }
}

/// A change of the standing warnings.
enum StandingChange: Sendable, Equatable {
    /// A warning begins; the text says what differs.
    case began(String)
    /// A warning ended; the text says what was taken back.
    case ended(String)
}

extension SandboxSettings {
    /// The difference between the sandbox's clock and the machine's, such as `500 s fast`.
    var clockDifference: String {
        "\(abs(clockSkewSeconds)) s \(clockSkewSeconds > 0 ? "fast" : "slow")"
    }
}
#endif
