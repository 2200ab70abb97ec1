import JSONDocument
import Telemetry

/// Writes data sets and templates, the values that have values in them.
struct SparkplugStructure {
    /// The most fields of one message, and the most levels of the JSON that is written.
    let fieldLimit: Int
    let maximumDepth: Int

    /// Writes a metric's value; `depth` containers hold it.
    func write(
        _ metric: Phusa_Sparkplug_SparkplugMetric, type: SparkplugDataType?, depth: Int, to writer: inout JSONWriter
    ) throws(SparkplugError) {
        if metric.isNull { return writer.null() }
        guard let value = metric.value else {
            throw SparkplugError(.required, "the metric has no value, and does not say that it is null")
        }
        switch SparkplugScalar(value) {
        case .dataSet(let bytes): try writeDataSet(bytes, depth: depth + 2, to: &writer)
        case .template(let bytes): try writeTemplate(bytes, depth: depth + 2, to: &writer)
        case let scalar: try SparkplugValue.write(scalar, type: type, to: &writer)
        }
    }

    /// Writes `{"columns": ["a", "b"], "rows": [[1, 2], [3, 4]]}`.
    private func writeDataSet(_ bytes: [UInt8], depth: Int, to writer: inout JSONWriter) throws(SparkplugError) {
        guard depth < maximumDepth else { throw tooDeep }
        let set = try ProtobufDecoding.decode(bytes, as: Phusa_Sparkplug_SparkplugDataSet.self, fieldLimit: fieldLimit)
        guard set.types.count == set.columns.count else {
            throw SparkplugError(.type, "a data set has \(set.columns.count) columns and \(set.types.count) types")
        }
        writer.beginObject()
        writer.name("columns")
        writer.beginArray()
        for column in set.columns { writer.string(column) }
        writer.endArray()
        writer.name("rows")
        writer.beginArray()
        for row in set.rows {
            let row = try ProtobufDecoding.decode(
                [UInt8](row), as: Phusa_Sparkplug_SparkplugRow.self, fieldLimit: fieldLimit)
            guard row.elements.count == set.types.count else {
                throw SparkplugError(.type, "a row has \(row.elements.count) values for \(set.types.count) columns")
            }
            writer.beginArray()
            for (cell, type) in zip(row.elements, set.types) {
                guard let value = cell.value else {
                    writer.null()
                    continue
                }
                try SparkplugValue.write(SparkplugScalar(value), type: try dataType(type), to: &writer)
            }
            writer.endArray()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Writes `{"template": "name", "version": "1", "metrics": {…}, "parameters": {…}}`.
    private func writeTemplate(_ bytes: [UInt8], depth: Int, to writer: inout JSONWriter) throws(SparkplugError) {
        guard depth < maximumDepth else { throw tooDeep }
        let template = try ProtobufDecoding.decode(
            bytes, as: Phusa_Sparkplug_SparkplugTemplate.self, fieldLimit: fieldLimit)
        writer.beginObject()
        if template.hasTemplateRef {
            writer.name("template")
            writer.string(template.templateRef)
        }
        if template.hasVersion {
            writer.name("version")
            writer.string(template.version)
        }
        var names = NameSet()
        writer.name("metrics")
        writer.beginObject()
        for (index, metric) in template.metrics.enumerated() {
            guard metric.hasName else { throw SparkplugError(.required, "a metric of a template has no name") }
            names.insert(Fingerprint(metric.name.utf8Bytes), place: index)
            writer.name(metric.name)
            try write(metric, type: try dataType(metric.datatype), depth: depth, to: &writer)
        }
        writer.endObject()
        guard names.leave(0) == nil else { throw SparkplugError(.duplicateKey, "a template has a metric twice") }
        if !template.parameters.isEmpty { try write(template.parameters, to: &writer) }
        writer.endObject()
    }

    private func write(
        _ parameters: [Phusa_Sparkplug_SparkplugParameter], to writer: inout JSONWriter
    ) throws(SparkplugError) {
        var names = NameSet()
        writer.name("parameters")
        writer.beginObject()
        for (index, parameter) in parameters.enumerated() {
            names.insert(Fingerprint(parameter.name.utf8Bytes), place: index)
            writer.name(parameter.name)
            if let value = parameter.value {
                try SparkplugValue.write(SparkplugScalar(value), type: try dataType(parameter.type), to: &writer)
            } else {
                writer.null()
            }
        }
        writer.endObject()
        guard names.leave(0) == nil else { throw SparkplugError(.duplicateKey, "a template has a parameter twice") }
    }

    /// The data type of a number from the wire; nil for 0, which stands for none.
    func dataType(_ number: UInt32) throws(SparkplugError) -> SparkplugDataType? {
        guard number != 0 else { return nil }
        guard let type = SparkplugDataType(rawValue: number) else {
            throw SparkplugError(.type, "there is no data type \(number)")
        }
        return type
    }

    private var tooDeep: SparkplugError {
        SparkplugError(.tooDeep, "the value is nested deeper than \(maximumDepth) levels")
    }
}
