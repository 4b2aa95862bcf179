#if ServiceLifecycle
public import KMSecurity
public import ServiceLifecycle

/// A service that follows the keyring file until the service group shuts down gracefully.
///
/// List it before the server: services end in the reverse of their order, and the census then counts the server's last
/// calls.
extension FileKeyring: Service {
    /// Follows the file, and writes the census, until the task is cancelled or the service group shuts down.
    public func run() async { await cancelWhenGracefulShutdown { await self.follow() } }
}

/// A service that follows the files of the credentials until the service group shuts down gracefully.
extension FileCredentials: Service {
    /// Follows the files until the task is cancelled or the service group shuts down.
    public func run() async { await cancelWhenGracefulShutdown { await self.follow() } }
}
#endif
