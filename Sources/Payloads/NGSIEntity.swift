import JSONDocument
import Telemetry

/// Where the parts of an NGSI entity are, in whatever form it comes.
struct NGSIEntity {
    /// The index of the id; 0 when there is none.
    let identifier: Int
    /// The object whose members are the attributes: the entity itself, or the properties of a GeoJSON feature.
    let attributes: Int
    /// The attribute that says where it is; 0 when there is none.
    let location: Int

    init(_ document: JSONDocument, at source: Int) {
        let properties = document.present("properties", of: source)
        let type = document.present("type", of: source)
        let isFeature =
            type > 0 && document.tag(at: type) == JSONKind.string.rawValue
            && StaticString("Feature").hasSameBytes(as: document.stringBytes(at: type))
            && document.isFilledObject(at: properties)
        attributes = isFeature ? properties : source
        let id = document.present("id", of: source)
        identifier = id > 0 ? id : document.present("@id", of: source)
        let place = document.present("location", of: attributes)
        location = place > 0 || !isFeature ? place : document.present("geometry", of: source)
    }

    /// The attributes that say when an entity was observed, in the order in which they count.
    private static let timeNames: [StaticString] = [
        "observedAt", "TimeInstant", "dateObserved", "dateObservedFrom", "observationDateTime",
    ]

    /// The index of the time of observation: an attribute that says so, or else the `observedAt` (or, in version 2, the
    /// metadata `TimeInstant`) of the first attribute that has one; 0 when there is none.
    func time(in document: JSONDocument) -> Int {
        for name in Self.timeNames {
            let attribute = document.present(name, of: attributes)
            if attribute > 0 { return Self.plain(document, attribute) }
        }
        var members = document.members(of: attributes)
        while let member = members.next() {
            guard document.tag(at: member.value) == JSONKind.object.rawValue else { continue }
            let observed = document.present("observedAt", of: member.value)
            if observed > 0 { return Self.plain(document, observed) }
            let metadata = document.present("metadata", of: member.value)
            let instant = document.present("TimeInstant", of: metadata)
            if instant > 0 { return Self.plain(document, instant) }
        }
        return 0
    }

    // MARK: Values

    /// The value of the attribute at `index` without what NGSI puts around it.
    ///
    /// An object with `value` is normalized; a `Relationship` has `object` instead, and other kinds of NGSI-LD their
    /// own names. Typed values (`{"@type": "DateTime", "@value": …}`) are opened too. Of several instances of an
    /// attribute, the one without `datasetId` counts, or else the first.
    static func plain(_ document: JSONDocument, _ index: Int) -> Int {
        var index = index
        if document.tag(at: index) == JSONKind.array.rawValue { index = mainInstance(document, index) }
        guard document.tag(at: index) == JSONKind.object.rawValue else { return index }
        if let value = document.member(named: "value", of: index) { return typedValue(document, value) }
        // An object of key-values may well have a member `object`, but hardly a type beside it.
        guard document.has("type", of: index) else { return typedValue(document, index) }
        for name in otherValueNames {
            if let value = document.member(named: name, of: index) { return typedValue(document, value) }
        }
        return typedValue(document, index)
    }

    private static let otherValueNames: [StaticString] = [
        "object", "Object", "languageMap", "vocab", "json", "valueList", "objectList",
    ]

    private static func typedValue(_ document: JSONDocument, _ index: Int) -> Int {
        guard document.tag(at: index) == JSONKind.object.rawValue else { return index }
        if let value = document.member(named: "@value", of: index) { return value }
        let type = document.present("type", of: index)
        guard type > 0, document.tag(at: type) == JSONKind.string.rawValue,
            StaticString("DateTime").hasSameBytes(as: document.stringBytes(at: type)),
            let value = document.member(named: "value", of: index)
        else { return index }
        return value
    }

    private static func mainInstance(_ document: JSONDocument, _ array: Int) -> Int {
        var first = 0
        var elements = document.elements(of: array)
        while let element = elements.next() {
            let isInstance = document.has("type", of: element) && document.has("datasetId", of: element)
            let isMain =
                document.has("type", of: element)
                && (document.has("value", of: element) || document.has("object", of: element))
            guard isInstance || isMain else { return array }
            if first == 0 || !document.has("datasetId", of: element) { first = element }
            if !document.has("datasetId", of: element) { break }
        }
        return first > 0 ? first : array
    }

    /// The numbers of a GeoJSON point; nil when the value is none.
    static func point(_ document: JSONDocument, _ index: Int) -> (latitude: Int, longitude: Int)? {
        let type = document.present("type", of: index)
        let coordinates = document.present("coordinates", of: index)
        guard type > 0, document.tag(at: type) == JSONKind.string.rawValue, coordinates > 0 else { return nil }
        let name = document.stringBytes(at: type)
        guard StaticString("Point").hasSameBytes(as: name) || StaticString("point").hasSameBytes(as: name),
            let longitude = document.element(0, of: coordinates), let latitude = document.element(1, of: coordinates),
            document.number(at: longitude) != nil, document.number(at: latitude) != nil
        else { return nil }
        return (latitude, longitude)
    }

    /// The parts of version 2's `geo:point`, the text `latitude, longitude`; nil when the value is none.
    static func pair(_ document: JSONDocument, _ index: Int) -> (latitude: Range<Int>, longitude: Range<Int>)? {
        guard document.tag(at: index) == JSONKind.string.rawValue else { return nil }
        let text = document.stringBytes(at: index)
        guard let comma = text.firstOffset(of: UInt8(ascii: ",")) else { return nil }
        var start = comma + 1
        while start < text.byteCount, text.octet(at: start) == UInt8(ascii: " ") { start += 1 }
        let (latitude, longitude) = (0..<comma, start..<text.byteCount)
        guard DecimalNumber(text.extracting(latitude)) != nil, DecimalNumber(text.extracting(longitude)) != nil else {
            return nil
        }
        return (latitude, longitude)
    }

    // MARK: Paths

    /// The value at the end of a mapping's path from an entity.
    ///
    /// `temperature` is the plain value of the attribute; what stands beside it is found behind it
    /// (`temperature.unitCode`, `temperature.observedAt`), as is the inside of the value (`address.streetAddress`).
    /// `temperature_unit` is its unit code.
    static func find(_ path: SourcePath, in document: JSONDocument, from source: Int) -> Int? {
        let entity = NGSIEntity(document, at: source)
        guard path.stepCount > 0 else { return source }
        let name = path.token(0)
        guard
            var index = SourcePath.step(name, document, entity.attributes) ?? SourcePath.step(name, document, source)
        else {
            return path.stepCount == 1 ? unit(of: name, document, entity.attributes) : nil
        }
        for step in 1..<path.stepCount {
            let token = path.token(step)
            let metadata = document.present("metadata", of: index)
            guard
                let next = SourcePath.step(token, document, plain(document, index))
                    ?? SourcePath.step(token, document, index)
                    ?? (metadata > 0 ? SourcePath.step(token, document, metadata) : nil)
            else { return nil }
            index = next
        }
        return plain(document, index)
    }

    private static func unit(of name: RawSpan, _ document: JSONDocument, _ attributes: Int) -> Int? {
        let count = name.byteCount - 5
        guard count > 0, StaticString("_unit").hasSameBytes(as: name.extracting(count..<name.byteCount)),
            let attribute = SourcePath.step(name.extracting(0..<count), document, attributes)
        else { return nil }
        let unit = document.present("unitCode", of: attribute)
        let metadata = document.present("unitCode", of: document.present("metadata", of: attribute))
        return unit > 0 ? unit : metadata > 0 ? plain(document, metadata) : nil
    }
}

extension JSONDocument {
    /// The value of the member called `word` of the object at `index`, be it null.
    fileprivate func member(named word: StaticString, of index: Int) -> Int? {
        word.withUTF8Buffer { utf8 in
            // Safe: the span does not leave the closure.
            member(named: unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8)), of: index)
        }
    }
}
