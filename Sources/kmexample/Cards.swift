#if Hummingbird && AsyncHTTPClient
import HTTPTypes
import KMSecurity

/// The parameters of the documented request.
struct CardQuery: Encodable, Decodable {
    let userId: UInt64
    let physicalCardNo: String
    let physicalCardExpDate: String
    let physicalCardCVC: String
}

/// The parameters of the documented response, as far as the example uses them.
struct WaitingCards: Codable {
    struct Digital: Codable {
        let cardNo: String
        let mobileCardCVC: String
    }

    struct Item: Codable {
        let cardApplyNo: String
        let digital: Digital
        let status: String
    }

    let issuedCardList: [Item]
}

/// The state of a service, for an endpoint without a body.
struct ServiceState: Codable {
    let state: String
}

extension Endpoint {
    /// A GET request without a body.
    static let serviceState = Endpoint("/api/v1/service/state", method: .get, request: .plain, response: .plain)
    /// A plain request with an encrypted answer.
    static let cardList = Endpoint("/api/v1/user/card/list", request: .plain, response: .message)
}
#endif
