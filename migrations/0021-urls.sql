-- Where a web browser that comes to the appliance by a name is sent: found by the name, among the few URL records.
CREATE INDEX url_records ON records (name COLLATE NOCASE) WHERE type = 'URL';
