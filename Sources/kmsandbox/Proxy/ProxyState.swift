#if Sandbox
import KMCommandLine
import KMSecurity

/// The state of the proxy as the control interface describes it.
struct ProxyState: Encodable {
    let mode = "proxy"
    let version = Version.number
    let baseURL: String
    let target: String
    let aspId: String
    let accessKey: String
    let timeZone: String
    let callCount: Int
    let acceptedCount: Int
    let rejectedCount: Int
    let keptCount: Int
    let warnings: [String]

    /// Describes a proxy.
    ///
    /// - Parameters:
    ///   - proxy: The proxy.
    ///   - baseURL: The URL that clients call.
    ///   - file: The client's credentials.
    ///   - warnings: The warnings of the start.
    init(_ proxy: Proxy, baseURL: String, _ file: CredentialsFile, warnings: [String]) {
        self.baseURL = baseURL
        target = proxy.target.text
        aspId = file.aspID.text
        accessKey = file.accessKey.text
        timeZone = file.timeZone.text
        let (counts, kept) = proxy.history.counts
        callCount = counts.all
        acceptedCount = counts.accepted
        rejectedCount = counts.rejected
        keptCount = kept
        self.warnings = warnings + [proxy.firstAnswer.hint].compactMap(\.self)
    }
}
#endif
