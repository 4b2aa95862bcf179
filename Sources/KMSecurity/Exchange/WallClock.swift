public import Foundation

/// Where times come from; tests and replays give their own.
public typealias WallClock = @Sendable () -> Date
